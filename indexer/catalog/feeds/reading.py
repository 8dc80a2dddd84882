"""Read a catalogue file of any format, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from csv import Error as CsvError
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from indexer.catalog.feeds import csv, json_lines
from indexer.catalog.products import Product, parse_product
from indexer.errors import CatalogError

T = TypeVar("T")

_FORMATS = {".csv": csv.rows}  # by suffix; any other file is JSON Lines


def read_catalog(path: Path) -> Iterator[tuple[int, Product | CatalogError]]:
    """Read a file of products, as `read_lines` does."""
    return read_lines(path, parse_product)


def read_lines(path: Path, parse: Callable[[object], T]) -> Iterator[tuple[int, T | CatalogError]]:
    """Read a catalogue file, in the format that its suffix names.

    Relative image paths are taken relative to the file.

    Parameters
    ----------
    path : Path
        The file.
    parse : callable
        Validates a line: `parse_product`, or `events.parse_line`, which takes events as well.

    Yields
    ------
    line : int
        Number of the line, from 1.
    parsed : T or CatalogError
        What `parse` returned, or why the line can't be used; reading continues after it.

    Raises
    ------
    CatalogError
        The file itself can't be read.
    """
    folder = path.resolve().parent
    rows = _FORMATS.get(path.suffix.lower(), json_lines.rows)
    try:
        for number, row in rows(path):
            try:
                yield number, parse(_absolute_images(row(), folder))
            except CatalogError as error:
                yield number, error
    except (OSError, UnicodeDecodeError, CsvError) as error:
        raise CatalogError(f"{path} can't be read: {error}") from error


def _absolute_images(row: Any, folder: Path) -> Any:
    """Make image paths absolute, relative to the file's folder, in a product or in the product of an event."""
    if isinstance(row, dict):
        for holder in (row, row.get("product"), row.get("fields")):
            if isinstance(holder, dict) and isinstance(holder.get("images"), list):
                holder["images"] = [_absolute(i, folder) if isinstance(i, str) and i else i for i in holder["images"]]
    return row


def _absolute(image: str, folder: Path) -> str:
    return image if _scheme(image) in {"http", "https", "file"} else (folder / image).as_uri()


def _scheme(image: str) -> str:
    try:
        return urlsplit(image).scheme
    except ValueError as error:
        raise CatalogError(f"images: {image[:200]!r} is no address: {error}") from error
