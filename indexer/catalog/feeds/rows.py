"""What passes between the steps of reading a feed: numbered rows, each with its values or with why it has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from indexer.errors import CatalogError

T = TypeVar("T")

# The number of a row's first line in the file, from 1, and the row, or why it can't be used; later rows still can.
Numbered = tuple[int, T | CatalogError]

# A row as the file has it: column to text, or to a list of texts where a column is repeated; in JSON to any value.
Row = dict[str, Any]
Rows = Iterator[Numbered[Any]]


@dataclass(frozen=True)
class Format:
    """A format of catalogue files: how it is recognised, and how its rows become products.

    Attributes
    ----------
    name : str
        As ``--format`` takes it.
    title : str
        As people call it.
    syntaxes : tuple of str
        What its files are: ``CSV``, ``JSON`` or ``XML``.
    recognises : callable
        Whether a file is of this format, by the columns of its first row, in lower case.
    products : callable
        Turns rows into products with the fields of our catalogue, their values still as the file has them. Rows of one
        product are joined; which of several languages is read is the second argument.
    """

    name: str
    title: str
    syntaxes: tuple[str, ...]
    recognises: Callable[[Collection[str]], bool]
    products: Callable[[Rows, str], Rows]


def each(rows: Rows, product: Callable[[Row], Any]) -> Rows:
    """Turn each row into a product of its own."""
    for number, row in rows:
        if isinstance(row, CatalogError):
            yield number, row
            continue
        try:
            yield number, product(row)
        except CatalogError as error:
            yield number, error


def texts(value: object) -> list[str]:
    """Return the texts of a column, without empty ones."""
    values = value if isinstance(value, list) else [value]
    return [text for item in values if item is not None and (text := str(item).strip())]


def text(row: Row, *columns: str) -> str:
    """Return the text of the first of these columns that has any, or an empty one."""
    return next((found[0] for column in columns if (found := texts(row.get(column)))), "")


def split(value: str, separator: str) -> list[str]:
    """Return the items of a list in one cell, trimmed, without empty ones."""
    return [item for part in value.split(separator) if (item := part.strip())]


def filled(product: Row) -> Row:
    """Return a product without the fields that have no value."""
    return {name: value for name, value in product.items() if value not in ("", None, [], {})}


def path(value: str) -> list[str]:
    """Return the names of a category written as ``A > B``, or as ``A &gt; B``; other entities stay."""
    return split(value.replace("&gt;", ">"), ">")


def addresses(value: object) -> list[str]:
    """Return the image addresses of columns that separate them by commas; an address may have commas of its own."""
    between = re.compile(r",\s*(?=https?:|//)" if "//" in str(value) else ",")
    return [address for cell in texts(value) for item in between.split(cell) if (address := item.strip())]


def unique(items: Iterable[str]) -> list[str]:
    """Return the items without repetitions and empty ones, in order."""
    return [item for item in dict.fromkeys(items) if item]


def deletion(product_id: str) -> Row:
    """Return the event for a product that the shop doesn't offer: a draft, or one that is switched off."""
    return {"type": "delete", "id": product_id}
