"""``lookalike queries``: what shoppers search for, and the sets of queries that changes are looked at with."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from indexer.cli.console import author_option, report_console
from indexer.cli.named_files import FILE, FOLDER, note_option, saved_text, write_files
from indexer.elastic.product_index import ProductIndex
from indexer.relevance import toml_files
from indexer.relevance.interaction_log import InteractionLog
from indexer.relevance.publications import Publications
from indexer.relevance.query_report import MAX_ROWS, TITLES, QueryReports, QueryRow
from indexer.relevance.query_sets import FEW_QUERIES, QuerySet
from indexer.settings import Settings


@click.group()
def queries() -> None:
    """Report what shoppers search for; keep sets of queries."""


_days_option = click.option(
    "--days", default=7, show_default=True, type=click.IntRange(1, 800), help="How many days, today (UTC) the last."
)


@queries.command()
@_days_option
@click.option("--size", default=20, show_default=True, type=click.IntRange(1, MAX_ROWS), help="Rows of each table.")
def report(days: int, size: int) -> None:
    """Report the most frequent queries, those without results or clicks, and those that were tried again."""
    start, end = _period(days)
    found = QueryReports(_index()).read(start, end, size)
    console, total = report_console(), found.total
    console.print(
        f"{start} to {end}: {total.searches:,} searches, {total.click_rate:.0%} clicked, {total.without_results:,} "
        f"without results, {total.without_clicks:,} without clicks"
    )
    for name, title in TITLES.items():
        console.print(_table(title, found.rankings.get(name, [])))
    for title, used in (("Filters used", found.filters), ("Products liked after a search", found.likes)):
        table = Table(title, "Searches")
        for what, count in used:
            table.add_row(Text(what), f"{count:,}")
        console.print(table)


@queries.command("export")
@_days_option
@click.option("--to", "folder", type=FOLDER, default=".", show_default=True)
def export_events(days: int, folder: Path) -> None:
    """Write what was recorded: queries and events in the schema of User Behavior Insights, and counts of them.

    ubi_queries.jsonl and ubi_events.jsonl are for other tools; interactions.jsonl has impressions, clicks, likes, carts
    and orders by day, query, product and position, for `judgements from-clicks`.
    """
    start, end = _period(days)
    log = InteractionLog(_index())
    folder.mkdir(parents=True, exist_ok=True)
    for name, documents in (
        ("ubi_queries.jsonl", log.export_queries(start, end)),
        ("ubi_events.jsonl", log.export_events(start, end)),
        ("interactions.jsonl", (asdict(row) for row in log.interactions(start, end))),
    ):
        click.echo(f"{folder / name}: {_write(folder / name, documents):,}")


@queries.group()
def sets() -> None:
    """Keep named sets of queries, for `lookalike compare --queries NAME` and the workbench."""


@sets.command("list")
def list_() -> None:
    """List the sets."""
    for version in _store().all(QuerySet):
        size = len(version.value.queries) if isinstance(version.value, QuerySet) else 0
        click.echo(f"{version.name:<30} {size:>3} queries  {saved_text(version)}")


@sets.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a set as a file that `import` reads."""
    click.echo(toml_files.write(_store().get(QuerySet, name)), nl=False)


@sets.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@author_option
@note_option
def import_(files: tuple[Path, ...], author: str, note: str) -> None:
    """Save the sets of FILES, each as its next version if it changed."""
    store = _store()
    for value in [toml_files.read_file(file, QuerySet) for file in files]:  # all are read before any is saved
        version = store.save(value, author, note)
        few = f"; fewer than {FEW_QUERIES} queries say little" if len(value.queries) < FEW_QUERIES else ""
        click.echo(f"{version.name}@{version.number} saved{few}")


@sets.command()
@click.argument("names", nargs=-1)
@click.option("--to", "folder", type=FOLDER, default=".", show_default=True)
def export(names: tuple[str, ...], folder: Path) -> None:
    """Write sets as files: those named, or all."""
    store = _store()
    write_files([store.get(QuerySet, n) for n in names or [v.name for v in store.all(QuerySet)]], folder)


@sets.command()
@click.argument("name")
@author_option
def delete(name: str, author: str) -> None:
    """Delete a set; its versions stay."""
    _store().delete(QuerySet, name, author)


def _period(days: int) -> tuple[dt.date, dt.date]:
    today = dt.datetime.now(dt.UTC).date()
    return today - dt.timedelta(days=days - 1), today


def _table(title: str, rows: Iterable[QueryRow]) -> Table:
    table = Table(title, "Searches", "Clicked", "Without results", "Without clicks", "Then searched for", "Filtered by")
    for row in rows:
        counts = row.counts
        numbers = (counts.searches, counts.clicked, counts.without_results, counts.without_clicks)
        texts = (row.words, *(f"{n:,}" for n in numbers), ", ".join(row.refined_to), ", ".join(row.filters))
        table.add_row(*map(Text, texts))
    return table


def _write(path: Path, documents: Iterable[Mapping[str, Any]]) -> int:
    """Write documents, one a line, and return their number."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, document in enumerate(documents, 1):  # noqa: B007 - the last one is the number
            file.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    return count


def _index() -> ProductIndex:
    return ProductIndex.open(Settings.from_environment())


def _store() -> Publications:
    return Publications(_index())
