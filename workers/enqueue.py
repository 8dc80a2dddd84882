"""``lookalike enqueue FILE``: write products or events, and queue the products for embedding."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import click

from indexer.catalog.feeds.feed import FeedOptions, open_feed
from indexer.cli.console import errors_in_one_line
from indexer.cli.feed_options import feed_options
from indexer.cli.load import complete_options, refuse_empty, report_option, write_catalog
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from workers.app import EMBED_WAITING
from workers.errors import QueueError
from workers.queues.connection import COMMAND
from workers.queues.handle import Queues


def enqueue_embeddings(ids: Iterable[str], settings: Settings | None = None) -> int:
    """Queue products for embedding, and return their number.

    Raises
    ------
    QueueError
        Redis is down or full.
    """
    with Queues.open(settings or Settings.from_environment(), COMMAND) as queues:
        count = queues.embedding.add(ids)
        if count and not queues.tasks.wake(EMBED_WAITING):
            raise QueueError("Redis went down; the queued products are embedded once it is back")
    return count


@click.command
@click.argument("catalog", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@feed_options
@report_option
@complete_options
@click.option("--pending", is_flag=True, help="Queue the products that have no vector yet.")
@click.option("--retry-failed", is_flag=True, help="Queue those whose image failed, too.")
def main(
    catalog: Path | None,
    options: FeedOptions,
    report_file: Path | None,
    *,
    complete: float | None,
    pending: bool,
    retry_failed: bool,
) -> None:
    """Write the products and events of CATALOG and queue products for embedding; without CATALOG, only queue."""
    if catalog is None and not (pending or retry_failed):
        raise click.UsageError("Pass a catalogue file, --pending or --retry-failed.")
    if catalog is None and complete is not None:
        raise click.UsageError("--complete is said of a catalogue file: name it.")
    with errors_in_one_line():
        is_whole = _enqueue(catalog, options, report_file, complete, retry_failed=retry_failed)
    if not is_whole:
        sys.exit(2)


def _enqueue(
    catalog: Path | None, options: FeedOptions, report_file: Path | None, complete: float | None, *, retry_failed: bool
) -> bool:
    """Return whether nothing of the file was refused or left undone."""
    settings, is_whole = Settings.from_environment(), True
    if catalog is not None:
        report = write_catalog(settings, open_feed(catalog, options), report_file, complete=complete)
        refuse_empty(report, catalog)
        is_whole = not (report.refusals or report.kept)
    with closing(ProductIndex.open(settings).ids_without_vector(retry_failed=retry_failed)) as waiting:
        click.echo(f"{enqueue_embeddings(waiting, settings):,} products queued")
    return is_whole


if __name__ == "__main__":
    main(prog_name="python -m workers.enqueue")
