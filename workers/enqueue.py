"""``python -m workers.enqueue FILE`` writes a catalogue and queues its embeddings; ``--pending`` queues what waits."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import click
from kombu.exceptions import OperationalError

from indexer import indices
from indexer.cli import write_catalog
from indexer.console import errors_in_one_line
from indexer.elastic import connect
from indexer.errors import ProductSearchError
from indexer.settings import Settings
from workers.app import EMBEDDING, app

TASK = "workers.embed_products"
BATCH = 64  # ids a task: enough for full batches on a GPU, little enough to lose and do again


class QueueError(ProductSearchError):
    """Redis doesn't take tasks."""


def enqueue_embeddings(ids: Iterable[str]) -> int:
    """Queue products for embedding, `BATCH` ids a task; give how many.

    Raises
    ------
    QueueError
        Redis is away, or full.
    """
    iterator, count = iter(ids), 0
    try:
        while batch := list(islice(iterator, BATCH)):
            app.send_task(TASK, args=[batch], queue=EMBEDDING)
            count += len(batch)
    except OperationalError as error:
        raise QueueError(f"Redis doesn't take tasks: {error}. Is REDIS_URL right, and Redis up?") from error
    return count


@click.command
@click.argument("catalog", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pending", is_flag=True, help="Queue the products that have no vector yet.")
@click.option("--retry-failed", is_flag=True, help="Queue those whose image failed as well.")
def main(catalog: Path | None, *, pending: bool, retry_failed: bool) -> None:
    """Write the products of CATALOG and queue their embeddings, or queue what waits."""
    if catalog is None and not (pending or retry_failed):
        raise click.UsageError("Give a catalogue file, --pending or --retry-failed.")
    with errors_in_one_line():
        refused = _enqueue(catalog, retry_failed=retry_failed)
    if refused:
        sys.exit(2)


def _enqueue(catalog: Path | None, *, retry_failed: bool) -> int:
    settings, refused = Settings.from_environment(), 0
    if catalog is not None:
        written, refused = write_catalog(settings, catalog)
        click.echo(f"{written:,} products written, {refused:,} lines refused")
    waiting = indices.ids_without_vector(connect(settings), settings.index_name, retry_failed=retry_failed)
    click.echo(f"{enqueue_embeddings(waiting):,} products queued")
    return refused


if __name__ == "__main__":
    main(prog_name="python -m workers.enqueue")
