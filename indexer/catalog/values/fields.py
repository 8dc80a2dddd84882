"""The fields of a product as people write them, read into what `indexer.catalog.products.Product` validates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from indexer.catalog.currencies import NO_RATES, Rates
from indexer.catalog.limits import DEPTH, DESCRIPTION, NAME, TITLE, UNKNOWN_NAME
from indexer.catalog.values.attributes import gather, read_attributes
from indexer.catalog.values.categories import read_category
from indexer.catalog.values.changes import Changes
from indexer.catalog.values.images import read_images
from indexer.catalog.values.json_values import clean_text, clean_value
from indexer.catalog.values.prices import read_price
from indexer.catalog.values.stock import read_stock
from indexer.catalog.values.text import as_text, is_empty, read_text

_TEXTS = {"title": TITLE, "description": DESCRIPTION, "brand": NAME, "style_id": NAME}
_FIELDS = {*_TEXTS, "id", "category", "price", "currency", "in_stock", "attributes", "images", "version"}


def read_fields(
    fields: Mapping[Any, Any], changes: Changes, folder: Path | None = None, rates: Rates = NO_RATES
) -> dict[str, Any]:
    """Read the fields of a product; reading them again changes nothing.

    An empty field is left out. A value that can't be read stays as it is, so that the product's validation names it.

    Parameters
    ----------
    fields : mapping
        Field to value, as a feed or an event holds them.
    changes : Changes
        What was changed is noted there.
    folder : Path, optional
        Where relative paths of images lead.
    rates : Rates, optional
        What prices are converted by.

    Raises
    ------
    CatalogError
        A price or a stock can't be read.
    """
    read = {str(name): value for name, value in fields.items()}
    gather(read)
    unknown = {name: value for name, value in read.items() if name not in _FIELDS}
    read = {name: value for name, value in read.items() if name in _FIELDS and not is_empty(value)}
    for name, length in _TEXTS.items():
        if name in read:
            read[name] = read_text(read[name], name, length, changes, lines=name == "description")
    for name, reader in _readers(folder, changes).items():
        if name in read:
            read[name] = reader(read[name])
    read_price(read, changes)
    read = _unknown(unknown, changes) | {name: value for name, value in read.items() if not is_empty(value)}
    rates.convert(read, changes)
    return read


def _readers(folder: Path | None, changes: Changes) -> dict[str, Callable[[Any], Any]]:
    return {
        "id": lambda value: read_id(value, changes),
        "category": lambda value: read_category(value, changes),
        "images": lambda value: read_images(value, folder, changes),
        "attributes": lambda value: read_attributes(value, changes),
        "in_stock": lambda value: changes.apply("a word or a count of stock", "in_stock", read_stock, value),
    }


def read_id(value: object, changes: Changes) -> object:
    """Read an id: a number is text, blanks around it are none of it."""
    text = changes.apply("a number taken as text", "id", as_text, value)
    return clean_text(text).strip() if isinstance(text, str) else text


def _unknown(fields: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Read the fields that aren't ours: kept as they are, as far as any reader of JSON takes them."""
    read = {}
    for name, value in fields.items():
        key = changes.apply("an unknown field's name cut", name[:80], _field_name, name)
        read[key] = changes.apply(
            "an unknown field's value made readable: text for what JSON has no number for, nothing too deep",
            name[:80],
            lambda value: clean_value(value, DEPTH),
            value,
        )
    return {name: value for name, value in read.items() if name and name not in _FIELDS}


def _field_name(name: str) -> str:
    return clean_text(name)[:UNKNOWN_NAME]
