"""Files that use the names of our own fields: CSV, and JSON with products or events."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_origin

from indexer.catalog.feeds.rows import Format, Row, Rows, each, split
from indexer.catalog.products import Product
from indexer.catalog.values.attributes import ATTRIBUTE

SEPARATOR = "|"
LISTS = frozenset(name for name, field in Product.model_fields.items() if get_origin(field.annotation) is list)


def _csv_product(row: Row) -> Row:
    """Turn a row into a product: items of lists are separated by ``|``, ``attributes.NAME`` is an attribute."""
    product: Row = {}
    for column, cell in row.items():
        value = _value(column.lower(), cell)
        if not value:
            continue
        if column.lower().startswith(ATTRIBUTE):
            product.setdefault("attributes", {})[column[len(ATTRIBUTE) :]] = value
        else:
            product[column.lower() if column.lower() in Product.model_fields else column] = value
    return product


def _value(column: str, cell: str | list[str]) -> str | list[str]:
    """Return the value of a cell, or of the cells of a repeated column."""
    is_list = column in LISTS and column != "category"  # that is a path, which is split where categories are read
    if isinstance(cell, list) or is_list:
        cells = cell if isinstance(cell, list) else [cell]
        return [item for one in cells for item in split(one, SEPARATOR)]
    return split(cell, SEPARATOR) if column.startswith(ATTRIBUTE) and SEPARATOR in cell else cell.strip()


def _has_our_columns(columns: Collection[str]) -> bool:
    return {"id", "title"} <= set(columns)


def _unchanged(rows: Rows, _language: str) -> Rows:
    return rows


CSV = Format("csv", "CSV with our names", ("CSV",), _has_our_columns, lambda rows, _: each(rows, _csv_product))
JSON = Format("json", "JSON with our names", ("JSON",), _has_our_columns, _unchanged)
