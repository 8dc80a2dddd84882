"""The demo's catalogue: a rendered one, a file, or a public one by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from demo.abo import read_abo
from demo.catalogue import is_complete, render_catalogue
from indexer.catalog.feeds.feed import Feed, FeedOptions, open_feed
from indexer.catalog.feeds.mapping import read_mapping
from indexer.cli.console import progress_bar
from indexer.errors import CatalogError

ABO = "abo"

Say = Callable[[str], None]


def catalogue(source: Path | None, mapping: Path | None, folder: Path, *, drawn: int, taken: int, say: Say) -> Feed:
    """Return the catalogue's feed, rendered or downloaded if need be.

    Parameters
    ----------
    source : Path or None
        A file, or the name of a public catalogue; None renders one.
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
    file = _file(source, folder, drawn, taken, say)
    return open_feed(file, FeedOptions(mapping=read_mapping(mapping) if mapping else None))


def _file(source: Path | None, folder: Path, drawn: int, taken: int, say: Say) -> Path:
    if source is None:
        return _rendered(folder / "catalogue", drawn, say)
    if str(source) == ABO:
        return _public(folder / ABO, taken, say)
    if not source.is_file():
        raise CatalogError(f"CATALOG: there is no file {source}, and no public catalogue of that name (known: {ABO})")
    return source.resolve()


def _rendered(folder: Path, products: int, say: Say) -> Path:
    if is_complete(folder, products=products, seed=7):
        say(f"Catalogue: {products:,} rendered products, from an earlier run")
        return folder / "catalog.jsonl"
    say(f"Catalogue: drawing {products:,} products into {folder}")
    with progress_bar() as progress:
        task = progress.add_task("Drawing products", total=products)
        return render_catalogue(
            folder, products=products, seed=7, progress=lambda done, _: progress.update(task, completed=done)
        )


def _public(folder: Path, products: int, say: Say) -> Path:
    say(f"Catalogue: {products:,} products of Amazon Berkeley Objects (CC BY 4.0), kept in {folder}")
    with progress_bar() as progress:
        tasks = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        return read_abo(folder, products, progress=show)
