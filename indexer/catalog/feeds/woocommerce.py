"""WooCommerce's product CSV: variable products and their variations, which name them.

https://woocommerce.com/document/product-csv-importer-exporter/
"""

from __future__ import annotations

import re
from collections.abc import Collection

from indexer.catalog.feeds.families import Families
from indexer.catalog.feeds.rows import Format, Row, Rows, addresses, deletion, filled, path, split, text, unique
from indexer.catalog.feeds.sales import current_price
from indexer.catalog.feeds.woocommerce_columns import english
from indexer.errors import CatalogError

_ATTRIBUTE = re.compile(r"attribute (\d+) name")
_COMMA = re.compile(r"(?<!\\),")  # the exporter escapes commas inside names
_NEW_LINE = re.compile(r"\\(\\?)n")  # it writes new lines of descriptions as \n, and a backslash before n twice


def _recognises(columns: Collection[str]) -> bool:
    names = {english(column) for column in columns}
    # Shops' own tables have categories in their language, too: only the exporter's English word tells.
    is_telling = "categories" in columns or bool({"regular price", "published"} & names)
    return {"type", "sku", "name"} <= names and is_telling


def _products(rows: Rows, _language: str) -> Rows:
    families = Families(_joined)
    for number, row in rows:
        if isinstance(row, CatalogError):
            yield number, row
            continue
        named: Row = {}
        for column, value in row.items():
            named.setdefault(english(column), value)  # a plugin's column of the same name comes later
        product, kinds = _product(named), split(text(named, "type").lower(), ",")
        if "variation" in kinds:
            yield from families.variant(number, product, text(named, "parent"))
        elif "variable" in kinds:
            yield from families.parent(number, product, (f"id:{text(named, 'id')}", text(named, "sku")))
        else:
            yield number, product
    yield from families.rest()


def _product(row: Row) -> Row:
    product_id = text(row, "sku", "id")
    if text(row, "published") in {"0", "-1"} or text(row, "visibility in catalog").lower() == "hidden":
        return deletion(product_id)
    tags = _names(text(row, "tags"))
    attributes = {text(row, column): _names(_values(row, match[1])) for column in row if (match := _match(column))}
    single = {name: values[0] if len(values) == 1 else values for name, values in attributes.items() if name}
    return filled(
        {
            "id": product_id,
            "title": text(row, "name"),
            "description": _lines(text(row, "description", "short description")),
            "category": _category(text(row, "categories")),
            "brand": text(row, "brands", "brand"),
            "price": current_price(
                text(row, "regular price"),
                text(row, "sale price"),
                text(row, "date sale price starts"),
                text(row, "date sale price ends"),
            ),
            "in_stock": {"1": True, "0": False, "backorder": True}.get(text(row, "in stock?").lower()),
            "attributes": filled({**single, "tags": tags}),
            "images": unique(addresses(text(row, "images"))),
        }
    )


def _lines(description: str) -> str:
    return _NEW_LINE.sub(lambda match: r"\n" if match[1] else "\n", description)


def _match(column: str) -> re.Match[str] | None:
    return _ATTRIBUTE.fullmatch(column)


def _values(row: Row, number: str) -> str:
    return text(row, f"attribute {number} value(s)", f"attribute {number} value")


def _names(cell: str) -> list[str]:
    return [name for part in _COMMA.split(cell) if (name := part.replace("\\,", ",").strip())]


def _category(cell: str) -> list[str]:
    """Return the deepest of the categories, the first of those as deep."""
    return max(map(path, _names(cell)), key=len, default=[])


def _joined(parent: Row, variation: Row) -> Row:
    """Return a variation with what it has of its product."""
    if "type" in variation:
        return variation
    if "type" in parent:
        return deletion(variation["id"])
    return {
        **parent,
        **variation,
        "style_id": parent["id"],
        "attributes": parent.get("attributes", {}) | variation.get("attributes", {}),
        "images": unique([*variation.get("images", []), *parent.get("images", [])]),
    }


FORMAT = Format("woocommerce", "WooCommerce", ("CSV",), _recognises, _products)
