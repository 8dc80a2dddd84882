"""Read the products and events of a catalogue file of any format, validated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from indexer.catalog.feeds.feed import Feed, open_feed
from indexer.catalog.feeds.rows import Numbered, T
from indexer.catalog.products import Product, parse_product
from indexer.errors import CatalogError


def read_catalog(path: Path) -> Iterator[Numbered[Product]]:
    """Read a file of products, as `read_feed` does."""
    return read_feed(open_feed(path), parse_product)


def read_feed(feed: Feed, parse: Callable[[object, Path], T]) -> Iterator[Numbered[T]]:
    """Read a catalogue file, row by row.

    Parameters
    ----------
    feed : Feed
        The file, as `open_feed` recognised it.
    parse : callable
        Reads the values of a product and validates it: `parse_product`, or `events.parse_line`, which takes events as
        well. Its second argument is the folder that relative paths of images lead to, the file's own.

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
            yield number, parse(product, folder)
        except CatalogError as error:
            yield number, error
