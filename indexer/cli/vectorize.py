"""``lookalike vectorize``: write the vectors of products that wait for one, in this process."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click
from more_itertools import chunked

from indexer.cli.console import progress_bar
from indexer.cli.status import print_counts
from indexer.elastic.containment import bisect_on_error
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.giving_up import failure_reason, mark_failed
from indexer.embedding.report import Report
from indexer.errors import SpaceError
from indexer.settings import Settings

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

_CHUNK = 256  # products between two steps of a progress bar
_NAMED = 3  # products that are named with the reason of a failure


@click.command()
@click.option("--retry-failed", is_flag=True, help="Try the images that failed again.")
def vectorize(*, retry_failed: bool) -> None:
    """Write the vectors of products that have none yet, in this process; fit a vector space first if there is none."""
    if vectorize_waiting(Settings.from_environment(), retry_failed=retry_failed):
        sys.exit(2)


def vectorize_waiting(settings: Settings, *, retry_failed: bool) -> int:
    """Write the vectors that are missing, with progress bars; fit a vector space first if there is none.

    Parameters
    ----------
    retry_failed : bool
        Whether products whose image failed count as missing, too.

    Returns
    -------
    int
        Products that failed; the reasons are printed.

    Raises
    ------
    SpaceError
        There is no vector space, and none is fitted because not one of the images is available; or products wait, and
        the space was made by other models than the settings name.
    """
    index = ProductIndex.open(settings)
    index.live()
    waiting = list(index.ids_without_vector(retry_failed=retry_failed))
    failed: dict[str, str] = {}
    if waiting or index.space() is None:  # otherwise the models, which take long to load, have nothing to do
        from indexer.embedding.pipeline import Pipeline

        failed = _vectorize(index, Pipeline.from_settings(settings), waiting)
    _print_failures(failed)
    print_counts(settings)
    return len(failed)


def _vectorize(index: ProductIndex, pipeline: Pipeline, waiting: Sequence[str]) -> dict[str, str]:
    """Vectorize products, in a space that is fitted if there is none, and return the reasons of those that failed."""
    failed: dict[str, str] = {}
    if pipeline.space() is None:
        from indexer.spaces.fitting import fit_space

        images = _run(index, pipeline, "Embedding images", waiting, failed)
        index.refresh()
        if failed and not images:
            # Fitted now, it would have words alone, and no look for as long as it is used.
            _print_failures(failed)
            raise SpaceError(
                "No image is available, so no vector space is fitted. "
                "Fix that, then run `lookalike vectorize --retry-failed`"
            )
        fit_space(index, pipeline.vectorizers, retake=pipeline.retake)
        waiting = list(index.ids_without_vector())
    _run(index, pipeline, "Writing vectors", waiting, failed)
    index.refresh()
    return failed


def _run(index: ProductIndex, pipeline: Pipeline, what: str, waiting: Sequence[str], failed: dict[str, str]) -> int:
    """Vectorize products, note the reasons of those that fail, and count the images that are available."""
    images = 0
    with progress_bar() as progress:
        task = progress.add_task(what, total=len(waiting))
        for chunk in chunked(waiting, _CHUNK):
            for report in bisect_on_error(pipeline.vectorize, chunk, partial(_give_up, index)):
                failed |= report.failed
                images += report.images
            progress.advance(task, len(chunk))
    return images


def _give_up(index: ProductIndex, product_id: str, error: Exception) -> Report:
    """Note on a product that it can't be embedded; a worker does the same."""
    reason = failure_reason(error)
    mark_failed(index, [product_id], reason)
    return Report(failed={product_id: reason})


def _print_failures(failed: Mapping[str, str]) -> None:
    """Print each reason once, with the number of its products."""
    by_reason: dict[str, list[str]] = {}
    for product_id, reason in failed.items():
        by_reason.setdefault(reason, []).append(product_id)
    for reason, ids in by_reason.items():
        others = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
        click.secho(f"{', '.join(ids[:_NAMED])}{others}: {reason}", fg="yellow", err=True)
