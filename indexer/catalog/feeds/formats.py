"""The formats of catalogue files, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Collection

from indexer.catalog.feeds import akeneo, magento, merchant, own, shopify, shopify_json, woocommerce
from indexer.catalog.feeds.rows import Format
from indexer.errors import CatalogError

FORMATS: tuple[Format, ...] = (
    shopify.FORMAT,
    shopify_json.FORMAT,
    woocommerce.FORMAT,
    magento.FORMAT,
    akeneo.FORMAT,
    merchant.FORMAT,
    own.CSV,
    own.JSON,
)
NAMES = tuple(form.name for form in FORMATS)


def recognised(syntax: str, columns: Collection[str]) -> Format | None:
    """Return the first format that has these columns, in lower case."""
    return next((form for form in FORMATS if syntax in form.syntaxes and form.recognises(columns)), None)


def named(name: str) -> Format:
    """Return the format of a name.

    Raises
    ------
    CatalogError
        There is none of that name.
    """
    for form in FORMATS:
        if form.name == name:
            return form
    raise CatalogError(f"format: {name!r} is none of {', '.join(NAMES)}")
