"""``lookalike evaluate models``: compare models, layers, reductions, dimensions and metrics on a golden set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click
from PIL import Image

from evaluation.activations import ActivationCache, Activations
from evaluation.catalogues import PrimaryImage, primary_images, read_products, source_of
from evaluation.models_report import make_report, sheets
from evaluation.report import Table
from evaluation.variants import METRICS, REDUCTIONS, Judged, Reducers, judge, variants
from evaluation.vectorizing import MODELS, vectorizers, weights_of
from indexer.cli.console import progress_bar, report_console
from indexer.errors import GoldenSetError, ImageError
from indexer.relevance.golden import Grades, merge, products_of, read_golden_set
from indexer.relevance.metrics import described
from indexer.relevance.splits import refuse_leakage
from indexer.settings import Pooling
from indexer.vectorizers.base import ImageVectorizer, ProductFields

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
DIMS = (16, 32, 64, 128, 192, 256, 384, 512)

console = report_console()


@dataclass(frozen=True)
class Corpus:
    """The products to measure, the products to fit on, and the images and fields of both."""

    grades: Grades
    images: Mapping[str, PrimaryImage]
    fields: Mapping[str, ProductFields]
    fit: Sequence[str]
    measured: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """The reductions, dimensions and metrics to try, and the measure to judge by."""

    reductions: Sequence[str]
    dims: Sequence[int]
    metrics: Sequence[str]
    measure: str


@click.command("models")
@click.option("--catalog", required=True, type=FILE, help="Catalogue file whose images are compared.")
@click.option("--golden", "golden_file", required=True, type=FILE, help="Golden set to measure on.")
@click.option("--fit-on", type=FILE, help="Golden set whose products to fit on; by default the catalogue's other ones.")
@click.option("--out", required=True, type=FOLDER, help="Folder for the report.")
@click.option("--model", "models", multiple=True, help="Preset or model to compare, by default all presets.")
@click.option("--layer", "layers", multiple=True, help="Hidden layer, `pooled` the last; by default the preset's.")
@click.option(
    "--pooling", "poolings", multiple=True, type=click.Choice(get_args(Pooling)), help="By default the preset's."
)
@click.option("--reduction", "reductions", multiple=True, type=click.Choice(REDUCTIONS), default=REDUCTIONS)
@click.option("--dims", multiple=True, type=click.IntRange(1, 4096), default=DIMS, help="Dimensions; repeatable.")
@click.option("--metric", "metrics", multiple=True, type=click.Choice(list(METRICS)), default=list(METRICS))
@click.option("--measure", default="ndcg@10", show_default=True, help=f"One of {described()}.")
@click.option("--weights", multiple=True, metavar="MODEL=FILE", help="Weights from a file; repeatable.")
@click.option("--cache", default=Path(".data/activations"), show_default=True, type=FOLDER, help="Keeps activations.")
def command(
    *,
    catalog: Path,
    golden_file: Path,
    fit_on: Path | None,
    out: Path,
    models: tuple[str, ...],
    layers: tuple[str, ...],
    poolings: tuple[Pooling, ...],
    weights: tuple[str, ...],
    cache: Path,
    **axes: Any,
) -> None:
    """Compare vectors on a golden set; fits never see the measured products."""
    grid, corpus = Grid(**axes), read_corpus(catalog, golden_file, fit_on)
    source = source_of(catalog)
    activation_cache = ActivationCache(cache, source)
    results: list[Judged] = []
    speeds: dict[str, float | None] = {}
    missing: dict[str, str] = {}
    for name, vectorizer in vectorizers(models or MODELS, layers, poolings, weights_of(weights)):
        if isinstance(vectorizer, Exception):
            missing[name] = str(vectorizer)
            console.print(f"{name}: left out: {vectorizer}", markup=False, soft_wrap=True)
            continue
        activations = _activations(activation_cache, vectorizer, corpus, name)
        speeds[name] = activations.images_per_second
        results += judge_all(name, activations, corpus, grid)
    if not results:
        raise GoldenSetError("No model could be measured")

    def image_of(product: str) -> Image.Image | None:
        try:
            return source.decoder.decode(source.fetch(corpus.images[product].address), least_side=256)
        except ImageError:
            return None

    report = make_report(results, speeds, missing, grid.measure)
    report.facts = {
        "Catalogue": str(catalog),
        "Golden set": f"{golden_file}: {len(corpus.grades):,} anchors among {len(corpus.measured):,} products",
        "Fitted on": f"{len(corpus.fit):,} other products",
    }
    report.parts += sheets(max(results, key=lambda j: j.score.mean), corpus.grades, image_of)
    for part in report.parts:
        if isinstance(part, Table):
            console.print(part.for_terminal())
    console.print(f"Report: {report.write(out, 'models')}", markup=False, soft_wrap=True)


def read_corpus(catalog: Path, golden_file: Path, fit_on: Path | None) -> Corpus:
    """Read the products to measure and to fit on, and check that they don't overlap.

    Raises
    ------
    GoldenSetError
        A product or an image is in both, or there is nothing to fit on.
    """
    images = primary_images(catalog)
    judgements = [j for j in read_golden_set(golden_file) if j.anchor in images and j.candidate in images]
    if not judgements:
        raise GoldenSetError(f"No pair of {golden_file.name} has both its images in {catalog.name}")
    measured = sorted(products_of(judgements))
    if fit_on:
        fit = sorted(products_of(read_golden_set(fit_on)) & images.keys())
    else:
        # The rest of the catalogue, except images that are also measured under another id.
        seen = {images[p].digest for p in measured}
        fit = sorted(p for p in images.keys() - set(measured) if images[p].digest not in seen)
    if len(fit) < 2:
        raise GoldenSetError(
            f"{golden_file.name} judges all of {catalog.name}, which leaves nothing to fit on: judge a part of it "
            "(`lookalike evaluate golden labels --part 0.5`), or name a part to fit on by --fit-on"
        )
    refuse_leakage(fit, measured, {p: [image.digest] for p, image in images.items()})
    fields = {p.id: ProductFields.from_source(p.model_dump()) for p in read_products(catalog)}
    return Corpus(merge(judgements), images, fields, fit, measured)


def _activations(cache: ActivationCache, vectorizer: ImageVectorizer, corpus: Corpus, name: str) -> Activations:
    images = [corpus.images[p] for p in (*corpus.fit, *corpus.measured)]
    with progress_bar() as progress:
        task = progress.add_task(name, total=len({image.digest for image in images}))
        return cache.get(vectorizer, images, lambda done: progress.advance(task, done))


def judge_all(name: str, activations: Activations, corpus: Corpus, grid: Grid) -> list[Judged]:
    """Judge every variant of one vectorizer."""
    fit = activations.of(corpus.images[p].digest for p in corpus.fit)
    reducers = Reducers(fit, [corpus.fields[p] for p in corpus.fit], max(grid.dims))
    rows = dict(zip(corpus.measured, activations.of(corpus.images[p].digest for p in corpus.measured), strict=True))
    results = []
    with progress_bar() as progress:
        for variant in progress.track(
            list(variants(name, reducers, grid.reductions, grid.dims, grid.metrics)), description="Judging variants"
        ):
            results.append(judge(variant, reducers, rows, corpus.grades, grid.measure))
    return results
