"""``lookalike load``: write the products of a catalogue file, then their vectors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer.catalog.currencies import Rates
from indexer.catalog.feeds.feed import Feed, FeedOptions, open_feed
from indexer.catalog.file_products import FileProducts
from indexer.catalog.report import LoadReport
from indexer.cli.console import progress_bar
from indexer.cli.feed_options import feed_options
from indexer.cli.vectorize import vectorize_waiting
from indexer.elastic import loading
from indexer.elastic.completing import FullExport
from indexer.elastic.load_reports import LoadReports
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError, IndexStateError
from indexer.settings import Settings

_SHOWN = 200  # refused lines, one by one; the report counts all
_REASON = 500  # characters


report_option = click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the report of the load to this file, as JSON.",
)


def complete_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of full exports; the command gets ``complete``, the most that is deleted, in percent, or None."""

    @click.option("--complete", is_flag=True, help="The file has all products: delete those that it no longer has.")
    @click.option(
        "--max-deleted",
        type=click.FloatRange(0, 100),
        default=10,
        show_default=True,
        help="With --complete: if more than this percentage of the products would go, delete none.",
    )
    @wraps(command)
    def with_options(*args: Any, complete: bool, max_deleted: float, **options: Any) -> Any:
        return command(*args, complete=max_deleted if complete else None, **options)

    return with_options


@click.command()
@click.argument("catalog", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@feed_options
@report_option
@complete_options
@click.option("--keywords-only", is_flag=True, help="Write the products; leave the vectors to the workers.")
def load(
    catalog: Path, options: FeedOptions, report_file: Path | None, *, complete: float | None, keywords_only: bool
) -> None:
    """Write the products of CATALOG, a file of any format in docs/catalogue.md, then their vectors.

    Images are read from the folder of CATALOG, too. Products that already waited for a vector get theirs as well.
    """
    settings = Settings.from_environment()
    # Whoever names the file vouches for its folder. Workers don't know the folder: they read from IMAGE_ROOTS alone.
    settings = settings.model_copy(update={"image_roots": (*settings.image_roots, catalog.resolve().parent)})
    report = write_catalog(settings, open_feed(catalog, options), report_file, complete=complete)
    refuse_empty(report, catalog)
    failed = 0 if keywords_only else vectorize_waiting(settings, retry_failed=False)
    if report.refusals or report.kept or failed:
        sys.exit(2)


def write_catalog(
    settings: Settings, feed: Feed, report_file: Path | None = None, *, complete: float | None = None
) -> LoadReport:
    """Write a catalogue file, with a progress bar and the refused lines, and print, keep and return the report.

    Parameters
    ----------
    report_file : Path, optional
        Where the report is written, too, as JSON.
    complete : float, optional
        The file has all products: those that it no longer has are deleted, unless they are more than this percentage.
    """
    click.echo(feed.description)
    index = ProductIndex.open(settings)
    index.ensure()
    report = LoadReport(feed.path.name, feed.description)
    try:
        _write(index, feed, report, Rates.from_settings(settings), complete)
    except Exception as error:
        report.stopped = f"{type(error).__name__}: {error}"[:_REASON]
        raise
    finally:
        for line in report.lines():
            click.echo(line)
        if report_file:
            report_file.write_text(json.dumps(report.to_dict(), indent=2) + "\n")
        _keep(index, report)
    index.refresh()
    return report


def refuse_empty(report: LoadReport, catalog: Path) -> None:
    """End the command with 2 if the file has no products, such as an export that was cut off."""
    if not report.read:
        click.echo(f"{catalog.name} has no products, so nothing was written.", err=True)
        sys.exit(2)


def _write(index: ProductIndex, feed: Feed, report: LoadReport, rates: Rates, complete: float | None) -> None:
    products, export = FileProducts(), None if complete is None else FullExport.begin(index, feed.path, complete)
    with progress_bar() as progress:
        task = progress.add_task("Writing products", total=None)
        for outcome in loading.load_file(index, feed, rates=rates, products=products):
            shown = max(0, _SHOWN - report.refusals)
            report.add(outcome)
            for refusal in outcome.refused[:shown]:
                progress.console.print(
                    f"{feed.path.name}, line {refusal.line}: {refusal.reason}",
                    style="yellow",
                    markup=False,
                    highlight=False,
                )
            progress.update(task, completed=report.read)
        progress.update(task, total=report.read)
    if report.refusals > _SHOWN:
        click.echo(f"... and {report.refusals - _SHOWN:,} more lines refused")
    if export:
        try:
            export.delete_missing(report, products)
        except CatalogError as error:
            report.kept = str(error)


def _keep(index: ProductIndex, report: LoadReport) -> None:
    """Keep the report in Elasticsearch; what it reports is done, whether that succeeds or not."""
    try:
        LoadReports(index).add(report)
    except (ApiError, TransportError, IndexStateError) as error:
        click.echo(f"The report could not be kept: {error}", err=True)
