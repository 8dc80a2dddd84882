"""``lookalike load``: write the products of a catalogue file, then their vectors."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from indexer.catalog.feeds.feed import Feed, FeedOptions, open_feed
from indexer.cli.console import progress_bar
from indexer.cli.feed_options import feed_options
from indexer.cli.vectorize import vectorize_waiting
from indexer.elastic import loading
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
@click.argument("catalog", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@feed_options
@click.option("--keywords-only", is_flag=True, help="Write the products; leave the vectors to the workers.")
def load(catalog: Path, options: FeedOptions, *, keywords_only: bool) -> None:
    """Write the products of CATALOG, a file of any format in docs/catalogue.md, then their vectors.

    Images are read from the folder of CATALOG, too.
    """
    settings = Settings.from_environment()
    # Whoever names the file vouches for its folder. Workers don't know the folder: they read from IMAGE_ROOTS alone.
    settings = settings.model_copy(update={"image_roots": (*settings.image_roots, catalog.resolve().parent)})
    written, refused = write_catalog(settings, open_feed(catalog, options))
    click.echo(f"{written:,} products written to {settings.index_name}, {refused:,} lines refused")
    failed = 0 if keywords_only else vectorize_waiting(settings, retry_failed=False)
    if refused or failed:
        sys.exit(2)


def write_catalog(settings: Settings, feed: Feed) -> tuple[int, int]:
    """Write a catalogue file, with a progress bar and the refused lines; return how many were written and refused."""
    click.echo(feed.description)
    index = ProductIndex.open(settings)
    index.ensure()
    written = refused = 0
    with progress_bar() as progress:
        task = progress.add_task("Writing products", total=None)
        for outcome in loading.load_file(index, feed):
            for place, why in outcome.refused.items():
                progress.console.print(
                    f"{feed.path.name}, {place}: {why}", style="yellow", markup=False, highlight=False
                )
            written += len(outcome.written)
            refused += len(outcome.refused)
            progress.update(task, completed=written)
        progress.update(task, total=written)
    index.refresh()
    return written, refused
