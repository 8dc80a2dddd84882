"""Learned projections against PCA, fitted on some products and measured on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from demo.golden import read_truth
from es_mappings.layout import Vector
from evaluation.activations import ActivationCache, Activations
from evaluation.catalogues import PrimaryImage, primary_images, read_products, source_of
from indexer import labels
from indexer.catalog import Product
from indexer.golden import merge, refuse_leakage
from indexer.labels import Labelled
from indexer.material import by_golden_set
from indexer.reduction import Learned, Linear, fit_learned, fit_pca
from indexer.reduction.base import unit_rows
from indexer.settings import Settings
from indexer.vectorizers.base import ProductFields

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = ("shape", "pattern", "color")  # of what was drawn


@click.command()
@click.argument("catalog", type=_FILE)
@click.option("--fit-on", default="", help="Fit on products whose images are below this folder, such as train/.")
@click.option("--measure-on", default="", help="Measure on those below this one; by default on one half of all.")
@click.option("--truth", type=_FILE, help="truth.jsonl of a rendered catalogue: measured within a kind, too.")
@click.option("--dims", default=256, show_default=True)
@click.option(
    "--cache",
    default=".data/activations",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where activations are kept.",
)
def command(catalog: Path, fit_on: str, measure_on: str, truth: Path | None, dims: int, cache: Path) -> None:
    """Compare a learned projection with a PCA on CATALOG: NDCG@10 by category, and by what was drawn."""
    from indexer.vectorizers.cnn import load_cnn

    images = primary_images(catalog)
    cache.mkdir(parents=True, exist_ok=True)
    activations = ActivationCache(cache, source_of(catalog)).get(
        load_cnn(Settings.from_environment())["look"], images.values()
    )
    fitted, measured = (
        [p for p in read_products(catalog, folder) if p.id in images and (folder or _half(images[p.id]) == half)]
        for half, folder in enumerate((fit_on, measure_on))
    )
    digests = {product: [image.digest] for product, image in images.items()}
    refuse_leakage([p.id for p in fitted], [p.id for p in measured], digests)
    rows = _rows(fitted, images, activations)
    learned = fit_learned(rows, [_fields(p) for p in fitted], dims)
    click.echo(f"{len(fitted):,} products fitted, {len(measured):,} measured. {learned.why}")
    reductions = {"PCA": fit_pca(rows, dims), "learned": learned}
    shown = _rows(measured, images, activations)
    judged = _judged(measured, truth)
    click.echo(f"{'NDCG@10':<24}" + "".join(f"{name:>10}" for name in reductions))
    for name, own in judged:
        click.echo(f"{name:<24}" + "".join(f"{score:>10}" for score in _scores(own, measured, shown, reductions)))


def _scores(
    judged: Sequence[Labelled], measured: Sequence[Product], rows: Vector, reductions: Mapping[str, Linear | Learned]
) -> list[str]:
    grades = merge(labels.judge(judged, anchors=len(judged), candidates=0, within_kind=True))
    measure = by_golden_set([p.id for p in measured], grades)
    return [f"{measure(unit_rows(reduction(rows))):.3f}" for reduction in reductions.values()]


def _judged(measured: Sequence[Product], truth: Path | None) -> list[tuple[str, list[Labelled]]]:
    by_category = [("category", labels.by_category(measured))]
    if truth is None:
        return by_category
    there = {p.id for p in measured}
    return by_category + [
        (f"{shown}, within a kind", [one for one in read_truth(truth, shown) if one.id in there]) for shown in _SHOWN
    ]


def _half(image: PrimaryImage) -> int:
    return int(image.digest[0], 16) % 2


def _rows(products: Sequence[Product], images: Mapping[str, PrimaryImage], activations: Activations) -> Vector:
    return activations.of(images[p.id].digest for p in products)


def _fields(product: Product) -> ProductFields:
    return ProductFields(product.title, category=tuple(product.category), attributes=product.attributes)
