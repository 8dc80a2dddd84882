"""``lookalike attributes``: predict attributes, and export corrections."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import Any, TextIO

import click
from rich import box
from rich.table import Table

from indexer.attribution.patches import Patch, patches
from indexer.attribution.training import FittedCategory, fit_attribution, unseen
from indexer.cli.console import progress_bar, report_console
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.settings import Settings

console = report_console()


@click.group()
def attributes() -> None:
    """Fill in and check the catalogue's attributes from images and text."""


@attributes.command("fit")
def fit_command() -> None:
    """Learn the attributes of each category, and write the predictions to its products."""
    settings = Settings.from_environment()
    index, pipeline = ProductIndex.open(settings), Pipeline.from_settings(settings)
    image_vectorizers = pipeline.vectorizers.all_images
    fitted = []
    with progress_bar() as progress:
        bar = progress.add_task("Images without all activations", total=None)
        for ids in unseen(index, image_vectorizers):
            pipeline.complete(ids)
            progress.advance(bar, len(ids))
        progress.remove_task(bar)
        bar = progress.add_task("Learning categories", total=None)
        for category in fit_attribution(index, image_vectorizers):
            fitted.append(category)
            progress.update(bar, completed=len(fitted))
        progress.update(bar, total=len(fitted))
    if not fitted:
        raise click.ClickException("No category has 40 products whose image is embedded. Load a catalogue first.")
    console.print(_table(fitted))


def _table(fitted: list[FittedCategory]) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("category: attribute", no_wrap=True)
    for heading in ("values", "right", "noise", "skill"):
        table.add_column(heading, justify="right")
    for category in fitted:
        name = category.category or "without a category"
        table.add_row(f"[bold]{name}[/bold], {category.written:,} products written")
        for head in category.model.heads:
            figures = [str(len(head.values)), f"{head.accuracy:.3f}", f"{head.noise:.1%}", f"{head.skill:.2f}"]
            table.add_row(f"  {head.name}" + ("" if head.shown else " (left alone)"), *figures)
    return table


@attributes.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="File; by default stdout.")
def export(form: str, out: TextIO) -> None:
    """Write corrections for the catalogue system: what people decided, and what was filled in."""
    settings = Settings.from_environment()
    write = _write_csv if form == "csv" else _write_jsonl
    count = write(patches(ProductIndex.open(settings)), out)
    click.echo(f"{count:,} corrections", err=True)


def _write_jsonl(corrections: Iterable[Patch], out: TextIO) -> int:
    count = 0
    for count, patch in enumerate(corrections, 1):  # noqa: B007 - counted while written
        out.write(json.dumps(patch.to_dict(), ensure_ascii=False) + "\n")
    return count


def _write_csv(corrections: Iterable[Patch], out: TextIO) -> int:
    table = csv.DictWriter(out, list(Patch.__dataclass_fields__))
    table.writeheader()
    count = 0
    for count, patch in enumerate(corrections, 1):  # noqa: B007 - counted while written
        table.writerow({name: _cell(value) for name, value in patch.to_dict().items()})
    return count


def _cell(value: Any) -> Any:
    # A spreadsheet would run text that begins like a formula.
    return "'" + value if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
