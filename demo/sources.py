"""The demo's catalogue: a drawn one, a file, or a public one by name."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from demo.abo import read_abo
from demo.drawing import DrawnCatalogue
from demo.services.service import Say
from indexer.catalog.feeds.feed import Feed, FeedOptions, open_feed
from indexer.catalog.feeds.mapping import read_mapping
from indexer.cli.console import progress_bar
from indexer.cli.load import write_catalog
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError
from indexer.settings import Settings

ABO = "abo"


class Catalogue(Protocol):
    """Products for the shop, all at once or one after the other.

    Attributes
    ----------
    folder : Path
        Where its pictures are.
    total : int
        Products that there will be; 0 if that isn't known.
    """

    folder: Path
    total: int

    @property
    def truth(self) -> Path | None:
        """What is known of the pictures, once all are there."""

    def content(self) -> bytes:
        """Return what names the catalogue: another content is another shop."""

    def start(self, stack: ExitStack) -> None:
        """Start what makes the products; the stack stops it."""

    def write_new(self, settings: Settings) -> list[str]:
        """Write the products that have come since the last call, and return the ids of those without a vector."""

    @property
    def is_written(self) -> bool:
        """Whether all products are written."""


class FileCatalogue:
    """A file, whose products are all there at once."""

    total = 0

    def __init__(self, feed: Feed) -> None:
        self._feed, self.folder, self.is_written = feed, feed.path.parent, False

    @property
    def truth(self) -> Path | None:
        """The file beside it, where it is a drawn catalogue's."""
        path = self._feed.path.with_name("truth.jsonl")
        return path if path.exists() else None

    def content(self) -> bytes:
        """Return the digest of the file, and what its columns mean."""
        with self._feed.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        columns = self._feed.mapping.model_dump() if self._feed.mapping else None
        return json.dumps([digest, columns], sort_keys=True).encode()

    def start(self, stack: ExitStack) -> None:
        """Nothing has to be made."""

    def write_new(self, settings: Settings) -> list[str]:
        """Write the whole file, the first time."""
        if self.is_written:
            return []
        write_catalog(settings, self._feed)
        self.is_written = True
        return list(ProductIndex.open(settings).ids_without_vector())


def open_catalogue(
    source: Path | None, mapping: Path | None, folder: Path, *, drawn: int, taken: int, say: Say
) -> Catalogue:
    """Return a catalogue, downloaded if need be.

    Parameters
    ----------
    source : Path or None
        A file, or the name of a public catalogue; None for the sandbox's own.
    mapping : Path or None
        What the file's columns mean, if they are of no known format.
    folder : Path
        The demo's data folder.
    drawn, taken : int
        Number of products to draw, or to take from a public catalogue.

    Raises
    ------
    CatalogError
        There is no such file, it can't be read, or the public catalogue can't be downloaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if source is None:
        return DrawnCatalogue(folder / "catalogue", drawn, say)
    file = _file(source, folder, taken, say)
    return FileCatalogue(open_feed(file, FeedOptions(mapping=read_mapping(mapping) if mapping else None)))


def _file(source: Path, folder: Path, taken: int, say: Say) -> Path:
    if str(source) == ABO:
        return _public(folder / ABO, taken, say)
    if not source.is_file():
        raise CatalogError(f"CATALOG: there is no file {source}, and no public catalogue of that name (known: {ABO})")
    return source.resolve()


def _public(folder: Path, products: int, say: Say) -> Path:
    say(f"Catalogue: {products:,} products of Amazon Berkeley Objects (CC BY 4.0), kept in {folder}")
    with progress_bar() as progress:
        tasks = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        return read_abo(folder, products, progress=show)
