"""``lookalike vectorize``: write the vectors of products that wait for one, in this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from more_itertools import chunked

from indexer.cli.console import progress_bar
from indexer.cli.status import print_counts
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

_CHUNK = 256  # products between two steps of a progress bar


@click.command()
@click.option("--retry-failed", is_flag=True, help="Try the images that failed again.")
def vectorize(*, retry_failed: bool) -> None:
    """Write the vectors of products that have none yet, in this process; fit a vector space first if there is none."""
    vectorize_waiting(Settings.from_environment(), retry_failed=retry_failed)


def vectorize_waiting(settings: Settings, *, retry_failed: bool) -> None:
    """Write the vectors that are missing, with progress bars; fit a vector space first if there is none."""
    from indexer.embedding.pipeline import Pipeline
    from indexer.spaces.fitting import fit_space

    index = ProductIndex.open(settings)
    index.live()
    pipeline = Pipeline.from_settings(settings)
    if pipeline.space() is None:
        _run(pipeline, "Embedding images", index.ids_without_vector(retry_failed=retry_failed))
        index.refresh()
        fit_space(index, pipeline.vectorizers)
    _run(pipeline, "Writing vectors", index.ids_without_vector())
    index.refresh()
    print_counts(settings)


def _run(pipeline: Pipeline, what: str, ids: Iterable[str]) -> None:
    waiting = list(ids)
    with progress_bar() as progress:
        task = progress.add_task(what, total=len(waiting))
        for chunk in chunked(waiting, _CHUNK):
            for product_id, why in pipeline.vectorize(chunk).failed.items():
                progress.console.print(f"{product_id}: {why}", style="yellow", markup=False, highlight=False)
            progress.advance(task, len(chunk))
