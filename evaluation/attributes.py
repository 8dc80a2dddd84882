"""``lookalike evaluate attributes``: measure what attribution fills in and flags, and its calibration."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from es_mappings.layout import Vector
from evaluation import attribute_report
from evaluation.activations import ActivationCache
from evaluation.attribute_fits import Examples, by_category, fit
from evaluation.attribute_scores import Tally, read_truth, tally
from evaluation.catalogues import primary_images, read_products, source_of
from evaluation.report import Table
from indexer.attribution.features import Example
from indexer.attribution.model import SOURCES
from indexer.cli.console import progress_bar, report_console
from indexer.settings import Settings
from indexer.vectorizers import load_vectorizers
from indexer.vectorizers.base import ImageVectorizer, ProductFields

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

console = report_console()


@click.command("attributes")
@click.option("--catalog", required=True, type=FILE, help="Catalogue to learn from.")
@click.option("--truth", type=FILE, help="Its truth.jsonl, if it is a rendered catalogue.")
@click.option("--fit-on", default="", help="Learn from products whose first image's path starts so, such as train/.")
@click.option("--measure-on", default="", help="Measure on these instead, such as validation/.")
@click.option("--source", "sources", multiple=True, default=SOURCES, show_default=True, type=click.Choice(SOURCES))
@click.option("--also", multiple=True, metavar="MODEL", help="Another CNN besides the look's; repeatable.")
@click.option("--cache", default=Path(".data/activations"), show_default=True, type=FOLDER)
@click.option("--out", default=Path(".data/reports"), show_default=True, type=FOLDER, help="Folder for the report.")
def command(
    *,
    catalog: Path,
    truth: Path | None,
    fit_on: str,
    measure_on: str,
    sources: tuple[str, ...],
    also: tuple[str, ...],
    cache: Path,
    out: Path,
) -> None:
    """Measure attribution on a catalogue: filled and flagged values, calibration, confusion.

    Without --measure-on, each product is predicted by a fit that left it out (cross-validation).
    """
    examples = read_examples(catalog, cache, also)
    learnt = _below(examples, catalog, fit_on)
    measured = _below(examples, catalog, measure_on) if measure_on else {}
    categories = {name: members for name, members in by_category(learnt).items() if len(members) >= 2}
    fitted = [fit(name, members, measured, sources) for name, members in categories.items()]
    tallies: dict[str, dict[tuple[str, bool], Tally]] = {}
    if truth:
        truths = read_truth(truth)
        tallies = {f.category: tally(list(f.measured), f.fields, f.findings, f.model, truths) for f in fitted}
    report = attribute_report.build(fitted, tallies, f"{catalog.parent.name}/{catalog.name}", sources)
    for part in report.parts[: 3 if truth else 1]:
        if isinstance(part, Table):
            console.print(part.for_terminal())
    console.print(f"Report: {report.write(out, 'attributes')}", markup=False)


def read_examples(catalog: Path, cache: Path, also: Sequence[str] = ()) -> Examples:
    """Read a catalogue's products with the activations of their images, by id."""
    images = primary_images(catalog)
    activation_cache = ActivationCache(cache, source_of(catalog))
    rows: dict[str, dict[str, Vector]] = {}
    with progress_bar() as progress:
        for aspect, vectorizer in _vectorizers(also).items():
            bar = progress.add_task(f"Activations: {aspect}", total=len({i.digest for i in images.values()}))
            activations = activation_cache.get(vectorizer, images.values(), partial(progress.advance, bar))
            rows[aspect] = {d: activations.rows[place] for d, place in activations.places.items()}
    examples = {}
    for product in read_products(catalog):
        digest = images[product.id].digest if product.id in images else None
        by_aspect = {aspect: by_digest[digest] for aspect, by_digest in rows.items()} if digest else {}
        examples[product.id] = Example(by_aspect, ProductFields.from_source(product.model_dump()))
    return examples


def _below(examples: Examples, catalog: Path, folder: str) -> Examples:
    return {p.id: examples[p.id] for p in read_products(catalog, folder)}


def _vectorizers(also: Sequence[str]) -> dict[str, ImageVectorizer]:
    settings = Settings.from_environment()
    vectorizers = load_vectorizers(settings).all_images
    for model in also:
        changed = settings.model_copy(update={"look_model": model, "look_layer": "", "look_weights": None})
        vectorizers[f"look of {model}"] = load_vectorizers(changed).images["look"]
    return vectorizers
