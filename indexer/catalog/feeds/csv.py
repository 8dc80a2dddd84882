"""CSV: one product per row, under a header of field names."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_origin

from indexer.catalog.products import Product
from indexer.errors import CatalogError

_LISTS = {name for name, field in Product.model_fields.items() if get_origin(field.annotation) is list}


def rows(path: Path) -> Iterator[tuple[int, Callable[[], Any]]]:
    """Read a file row by row.

    Yields
    ------
    line : int
        Number of the row's last line, from 1.
    row : callable
        Returns the row in the shape of a JSON line, or raises `CatalogError`; later rows can still be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, lambda row=row: _product(row)  # type: ignore[misc]


def _product(row: dict[str | None, Any]) -> dict[str, Any]:
    """Turn a row into the shape of a JSON line.

    Items of a list are separated by ``|``; a column ``attributes.NAME`` is an attribute; an empty cell is no value.
    """
    if None in row:
        raise CatalogError("the line has more cells than the header has columns")
    product: dict[str, Any] = {}
    for column, cell in row.items():
        if column is None or not cell:
            continue
        if column.startswith("attributes."):
            product.setdefault("attributes", {})[column.removeprefix("attributes.")] = cell
        else:
            product[column] = cell.split("|") if column in _LISTS else cell
    return product
