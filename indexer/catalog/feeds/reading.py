"""Read the products and events of a catalogue file of any format, validated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from indexer.catalog.feeds.feed import Feed, open_feed
from indexer.catalog.feeds.rows import Numbered, T
from indexer.catalog.products import Product, parse_product
from indexer.errors import CatalogError


def read_catalog(path: Path) -> Iterator[Numbered[Product]]:
    """Read a file of products, as `read_feed` does."""
    return read_feed(open_feed(path), parse_product)


def read_feed(feed: Feed, parse: Callable[[object], T]) -> Iterator[Numbered[T]]:
    """Read a catalogue file, row by row.

    Relative image paths are taken relative to the file.

    Parameters
    ----------
    feed : Feed
        The file, as `open_feed` recognised it.
    parse : callable
        Validates a product: `parse_product`, or `events.parse_line`, which takes events as well.

    Yields
    ------
    line : int
        Number of the row's first line, from 1.
    parsed : T or CatalogError
        What `parse` returned, or why the row can't be used; reading continues after it.

    Raises
    ------
    CatalogError
        The file can't be read any further.
    """
    folder = feed.path.resolve().parent
    for number, product in feed.products():
        if isinstance(product, CatalogError):
            yield number, product
            continue
        try:
            yield number, parse(_absolute_images(product, folder))
        except CatalogError as error:
            yield number, error


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
