"""Shopify's products CSV: rows of one product follow each other, each with a variant, an image, or both.

https://help.shopify.com/en/manual/products/import-export/using-csv
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from indexer.catalog.feeds.rows import Format, Row, Rows, deletion, filled, path, split, text, unique
from indexer.errors import CatalogError

# The rows of a product, with their lines and the column names of older exports; a refused row stands alone.
Group = list[tuple[int, Any]]

_MAX_ROWS = 4_096  # of one product: 2,048 variants and 250 images are the most that Shopify has
_OPTIONS = (1, 2, 3)
_NO = {"false", "0", "no"}
_SELLS_ON = {"continue", "true", "yes"}  # at no stock

# The columns of exports since 2025, by what they were called before; those of another case are left out.
_RENAMED = {
    "url handle": "handle",
    "description": "body (html)",
    "published on online store": "published",
    "sku": "variant sku",
    "price": "variant price",
    "inventory tracker": "variant inventory tracker",
    "inventory quantity": "variant inventory qty",
    "continue selling when out of stock": "variant inventory policy",
    "product image url": "image src",
    "variant image url": "variant image",
}
_NEW = {"url handle", "published on online store"}  # either tells that the names are new


def _recognises(columns: Collection[str]) -> bool:
    names = _named(dict.fromkeys(columns))
    return {"handle", "title"} <= names.keys() and any(
        c in names for c in ("variant sku", "variant price", "option1 name", "body (html)")
    )


def _products(rows: Rows, _language: str) -> Rows:
    return offered(_groups(rows))


def _named(row: Row) -> Row:
    """Return a row by the names of its columns in lower case, those of older exports."""
    named = {column.lower(): value for column, value in row.items()}
    return {_RENAMED.get(column, column): value for column, value in named.items()} if _NEW & named.keys() else named


def offered(groups: Iterable[Group]) -> Rows:
    """Return what is offered, then deletions: a draft copy of a product has the SKUs of the product."""
    owners: dict[str, str] = {}
    drafts: list[tuple[int, str]] = []
    for group in groups:
        if isinstance(group[0][1], CatalogError):
            yield from group
            continue
        for number, product in _variants(group, owners):
            if isinstance(product, dict) and "type" in product:
                drafts.append((number, product["id"]))
            else:
                yield number, product
    yield from ((number, deletion(product_id)) for number, product_id in drafts if product_id not in owners)


def _groups(rows: Rows) -> Iterator[Group]:
    """Collect rows of one handle that follow each other."""
    group: Group = []
    for number, row in rows:
        if isinstance(row, CatalogError):
            yield [(number, row)]
            continue
        named = _named(row)
        if group and (text(named, "handle") != text(group[0][1], "handle") or len(group) >= _MAX_ROWS):
            yield group
            group = []
        group.append((number, named))
    if group:
        yield group


def _variants(group: list[tuple[int, Row]], owners: dict[str, str]) -> Rows:
    """Return a product for each variant in the rows of one product.

    Parameters
    ----------
    owners : dict
        The handle of the product that is offered under a SKU; another product of the same SKU gets an id of its own.
    """
    number, first = group[0]
    if not text(first, "handle"):
        yield number, CatalogError("handle: empty")
        return
    variants = [(line, row) for line, row in group if text(row, "variant sku", "variant price", "option1 value")]
    names = [text(first, f"option{n} name") for n in _OPTIONS]
    shared, images = _shared(first), _images(group)
    skus = Counter(_sku(row) for _, row in variants)
    for line, row in variants or [group[0]]:
        options = {name: value for n, name in zip(_OPTIONS, names, strict=True) if (value := _option(row, n, name))}
        handle, is_published = text(first, "handle"), _is_published(first)
        unique_sku = _sku(row) if skus[_sku(row)] == 1 else ""
        if unique_sku and is_published and owners.setdefault(unique_sku, handle) != handle:
            unique_sku = ""
        product_id = unique_sku or "-".join([handle, *map(_slug, options.values())])
        if not is_published:
            yield line, deletion(product_id)
            continue
        yield (
            line,
            filled(
                {
                    **shared,
                    "id": product_id,
                    "price": text(row, "variant price"),
                    "in_stock": _in_stock(row),
                    "attributes": shared["attributes"] | options,
                    "images": unique([text(row, "variant image"), *images]),
                }
            ),
        )


def _shared(row: Row) -> Row:
    tags = split(text(row, "tags"), ",")
    return {
        "title": text(row, "title"),
        "description": text(row, "body (html)", "body html"),
        "category": path(text(row, "product category")) or path(text(row, "type", "custom product type")),
        "brand": text(row, "vendor"),
        "style_id": text(row, "handle"),
        "attributes": {"tags": tags} if tags else {},
    }


def _images(group: list[tuple[int, Row]]) -> list[str]:
    """Return the product's images in the order of their positions."""
    placed = [(text(row, "image position"), text(row, "image src")) for _, row in group]
    return [
        address for _, address in sorted(placed, key=lambda item: int(item[0]) if item[0].isdecimal() else _MAX_ROWS)
    ]


def _sku(row: Row) -> str:
    return text(row, "variant sku").removeprefix("'")  # which keeps spreadsheets from reading a number


def _option(row: Row, number: int, name: str) -> str:
    value = text(row, f"option{number} value")
    return "" if not name or (name, value) == ("Title", "Default Title") else value


def _slug(value: str) -> str:
    signed = re.sub(r"^-(?=[\d.])", "minus", value.strip().lower())  # of lenses
    return re.sub(r"[^\w.+]+", "-", signed).strip("-")


def _is_published(row: Row) -> bool:
    return text(row, "published").lower() not in _NO and text(row, "status").lower() in {"", "active"}


def _in_stock(row: Row) -> bool | None:
    quantity = text(row, "variant inventory qty")
    if not re.fullmatch(r"-?\d+", quantity) or not text(row, "variant inventory tracker"):
        return None  # not counted: it can be ordered
    return int(quantity) > 0 or text(row, "variant inventory policy").lower() in _SELLS_ON


FORMAT = Format("shopify", "Shopify products", ("CSV",), _recognises, _products)
