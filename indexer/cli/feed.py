"""``lookalike feed``: look at a catalogue file before it is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich import box
from rich.table import Table
from rich.text import Text

from indexer.catalog.feeds.feed import FeedOptions, recognise
from indexer.catalog.feeds.inspecting import Inspection
from indexer.catalog.products import Product
from indexer.cli.console import progress_bar, report_console
from indexer.cli.feed_options import feed_options

console = report_console()


@click.group()
def feed() -> None:
    """Look at a catalogue file before it is loaded."""


@feed.command()
@click.argument("catalog", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@feed_options
def inspect(catalog: Path, options: FeedOptions) -> None:
    """Show how CATALOG is read: its columns, a mapping if it needs one, its first products, and what is refused.

    Nothing is written.
    """
    inspection = Inspection.of(recognise(catalog, options))
    click.echo(inspection.feed.description)
    with progress_bar() as progress:
        task = progress.add_task("Reading rows", total=None)
        for rows in inspection.run():
            progress.update(task, completed=rows)
        progress.update(task, total=inspection.profile.rows)
    console.print(_columns(inspection))
    if inspection.proposal:
        click.secho("A mapping; save it, complete it and name it with --mapping:\n", bold=True)
        click.echo(inspection.proposal)
    if inspection.feed.format or inspection.feed.mapping:
        _print_products(inspection)
        _print_counts(inspection)


def _columns(inspection: Inspection) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("column")
    table.add_column("filled", justify="right")
    table.add_column("field")
    table.add_column("examples")
    mapping, rows = inspection.feed.mapping, max(inspection.profile.rows, 1)
    fields = mapping.columns if mapping else {}
    for name, column in inspection.profile.columns.items():
        leads_to = fields.get(name, "")
        field = leads_to if isinstance(leads_to, str) else ", ".join(leads_to)
        examples = " \N{MIDDLE DOT} ".join(column.examples)
        table.add_row(Text(name), f"{column.filled / rows:.0%}", Text(field), Text(examples))
    return table


def _print_products(inspection: Inspection) -> None:
    if inspection.products:
        click.secho("The first products as they would be:", bold=True)
        for product in inspection.products:
            click.echo(_as_json(product))


def _as_json(product: Product) -> str:
    shown = product.model_dump(mode="json", exclude_defaults=True, exclude={"version"})
    return json.dumps(shown, ensure_ascii=False)


def _print_counts(inspection: Inspection) -> None:
    refused = sum(refusals.count for refusals in inspection.refused.values())
    deleted = f", {inspection.deleted:,} deletions" if inspection.deleted else ""
    rows = f"{inspection.profile.rows:,} rows: "
    click.echo(f"\n{rows}{inspection.written:,} products{deleted}, {refused:,} refused")
    if inspection.repeated:
        click.secho(f"{inspection.repeated:>9,} have the id of an earlier row: the last one counts", fg="yellow")
    for kind, refusals in sorted(inspection.refused.items(), key=lambda item: -item[1].count):
        click.secho(f"{refusals.count:>9,} {kind}, first in line {refusals.line}: {refusals.why}", fg="yellow")
    for rule, changed in sorted(inspection.changed.items(), key=lambda item: -item[1].count):
        first = f"{changed.first.field} {changed.first.before} is {changed.first.after}"
        click.echo(f"{changed.count:>9,} changed: {rule}, first in line {changed.line}: {first}")
