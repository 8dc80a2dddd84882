"""``vectorize``: give each product that waits for it its vector, in this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from indexer.cli.console import progress_bar
from indexer.cli.status import say_counts
from indexer.elastic import indices
from indexer.elastic.client import connect
from indexer.settings import Settings

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

_CHUNK = 256  # products between two steps of a progress bar


@click.command()
@click.option("--retry-failed", is_flag=True, help="Try the images that failed again.")
def vectorize(*, retry_failed: bool) -> None:
    """Give each product that has no vector yet its vector, in this process; fits a space first if there is none."""
    vectorize_waiting(Settings.from_environment(), retry_failed=retry_failed)


def vectorize_waiting(settings: Settings, *, retry_failed: bool) -> None:
    """Write the vectors that are missing, with progress bars; fit a vector space first if there is none."""
    from indexer.embedding.pipeline import Pipeline
    from indexer.spaces.fitting import fit_space

    client, alias = connect(settings), settings.index_name
    indices.live_index(client, alias)
    pipeline = Pipeline.from_settings(settings)
    if pipeline.space() is None:
        _run(pipeline, "Embedding images", indices.ids_without_vector(client, alias, retry_failed=retry_failed))
        client.indices.refresh(index=alias)
        fit_space(client, alias, pipeline.vectorizers)
    _run(pipeline, "Writing vectors", indices.ids_without_vector(client, alias))
    client.indices.refresh(index=alias)
    say_counts(settings)


def _run(pipeline: Pipeline, what: str, ids: Iterable[str]) -> None:
    every = list(ids)
    with progress_bar() as progress:
        task = progress.add_task(what, total=len(every))
        for start in range(0, len(every), _CHUNK):
            chunk = every[start : start + _CHUNK]
            for product_id, why in pipeline.vectorize(chunk).failed.items():
                progress.console.print(f"{product_id}: {why}", style="yellow", markup=False, highlight=False)
            progress.advance(task, len(chunk))
