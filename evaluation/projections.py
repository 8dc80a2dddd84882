"""``lookalike evaluate projections``: compare learned projections with PCA on products that neither was fitted on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from demo.golden import read_truth
from es_mappings.layout import Vector
from evaluation.activations import ActivationCache, Activations, cache_option
from evaluation.catalogues import PrimaryImage, half_of, primary_images, read_products, source_of
from evaluation.variants import rank
from indexer.catalog.products import Product
from indexer.digests import manifest_digest
from indexer.relevance import labels
from indexer.relevance.golden import Grades, merge, products_in, read_golden_set
from indexer.relevance.labels import Labelled
from indexer.relevance.metrics import PerAnchor, compare, interval, per_anchor
from indexer.relevance.splits import refuse_leakage
from indexer.settings import Settings
from indexer.spaces.material import pairs_of
from indexer.spaces.reduction import Learned, Linear, fit_learned, fit_pca
from indexer.vectorizers.base import ProductFields

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ASPECTS = ("shape", "pattern", "color")  # of a rendered catalogue's truth
_LABELS = ("category", "attributes")


@click.command()
@click.argument("catalog", type=_FILE)
@click.option("--fit-on", default="", help="Fit on products whose images are below this folder, such as train/.")
@click.option("--measure-on", default="", help="Measure on those below this one. By default each takes one half.")
@click.option(
    "--learn",
    "learned_from",
    multiple=True,
    type=click.Choice(_LABELS),
    default=_LABELS,
    help="Labels to learn from; by default the category and the attributes.",
)
@click.option("--likes", type=_FILE, help="Products liked together, to learn from: a golden set.")
@click.option("--truth", type=_FILE, help="truth.jsonl of a rendered catalogue, to measure by what was drawn, too.")
@click.option(
    "--labelled",
    "counts",
    multiple=True,
    type=click.IntRange(1),
    help="Learn from the labels of so many products of each category alone; several draw a curve.",
)
@click.option("--dims", default=256, show_default=True)
@cache_option
def command(
    catalog: Path,
    fit_on: str,
    measure_on: str,
    learned_from: tuple[str, ...],
    likes: Path | None,
    truth: Path | None,
    counts: tuple[int, ...],
    dims: int,
    cache: Path,
) -> None:
    """Compare a learned projection with a PCA on CATALOG: NDCG@10 by category, and by what was drawn."""
    images = primary_images(catalog)
    fitted, measured = (
        [p for p in read_products(catalog, folder) if p.id in images and (folder or half_of(images[p.id]) == half)]
        for half, folder in enumerate((fit_on, measure_on))
    )
    liked = merge(read_golden_set(likes)) if likes else {}
    digests = {product: [image.digest] for product, image in images.items()}
    refuse_leakage({p.id for p in fitted} | products_in(liked), [p.id for p in measured], digests)
    activations = _activations(catalog, images, cache)
    rows = _rows(fitted, images, activations)
    pairs = pairs_of([p.id for p in fitted], liked)
    pca = fit_pca(rows, dims)
    measured_rows = dict(zip([p.id for p in measured], _rows(measured, images, activations), strict=True))
    for count in counts or (0,):
        labelled = _some_of_each_category(fitted, count) if count else {p.id for p in fitted}
        fields = [_fields(p, learned_from if p.id in labelled else ()) for p in fitted]
        learned = fit_learned(rows, fields, dims, likes=pairs)
        click.echo(f"{len(fitted):,} products fitted, {len(labelled):,} of them labelled, {len(measured):,} measured.")
        click.echo(learned.why)
        click.echo(f"{'NDCG@10':<18}{'PCA':>20}{'learned':>22}{'difference':>26}")
        for name, judged in _judged(measured, truth):
            for kind, compared in _by_kind(name, judged, measured_rows, {"PCA": pca, "learned": learned}):
                click.echo(f"{kind:<18}{compared}")


@dataclass(frozen=True)
class _Compared:
    pca: PerAnchor
    learned: PerAnchor

    def __str__(self) -> str:
        comparison = compare(self.pca, self.learned)
        difference = f"{comparison.difference:+.3f} ({comparison.low:+.3f} to {comparison.high:+.3f})"
        return f"{interval(self.pca)!s:>20}{interval(self.learned)!s:>22}{difference:>26}"

    def restricted_to(self, anchors: set[str]) -> _Compared:
        return _Compared(*({a: s for a, s in scores.items() if a in anchors} for scores in (self.pca, self.learned)))


def _by_kind(
    name: str, judged: Sequence[Labelled], rows: Mapping[str, Vector], reductions: Mapping[str, Linear | Learned]
) -> Iterator[tuple[str, _Compared]]:
    """Compare on all anchors if they are of one kind, else on those of each kind."""
    grades = merge(labels.judge(judged, anchors=len(judged), candidates=0, within_kind=True))
    compared = _Compared(*(_scores(reduction, rows, grades) for reduction in reductions.values()))
    kinds: dict[str, set[str]] = {}
    for product in judged:
        kinds.setdefault(product.kind, set()).add(product.id)
    if len(kinds) == 1:
        yield ", ".join(filter(None, (name, *kinds))), compared
    else:
        for kind, anchors in sorted(kinds.items()):
            yield f"{name}, {kind}", compared.restricted_to(anchors)


def _scores(reduction: Linear | Learned, rows: Mapping[str, Vector], grades: Grades) -> PerAnchor:
    reduced = {product: reduction(row[None])[0] for product, row in rows.items()}
    return per_anchor(grades, rank(reduced, grades, "cosine"), "ndcg@10")


def _activations(catalog: Path, images: Mapping[str, PrimaryImage], cache: Path) -> Activations:
    from indexer.vectorizers.cnn import load as load_cnn

    cache.mkdir(parents=True, exist_ok=True)
    look = load_cnn(Settings.from_environment())["look"]
    return ActivationCache(cache, source_of(catalog)).get(look, images.values())


def _judged(measured: Sequence[Product], truth: Path | None) -> list[tuple[str, list[Labelled]]]:
    by_category = [("category", labels.by_category(measured))]
    if truth is None:
        return by_category
    ids = {p.id for p in measured}
    return by_category + [(aspect, [p for p in read_truth(truth, aspect) if p.id in ids]) for aspect in _ASPECTS]


def _some_of_each_category(products: Sequence[Product], count: int) -> set[str]:
    """Return the ids of some products of each narrowest category, the first by their ids' digests."""
    by_category: dict[str, list[str]] = {}
    for product in sorted(products, key=lambda p: manifest_digest({"id": p.id})):
        by_category.setdefault("/".join(product.category), []).append(product.id)
    return {product for ids in by_category.values() for product in ids[:count]}


def _rows(products: Sequence[Product], images: Mapping[str, PrimaryImage], activations: Activations) -> Vector:
    return activations.of(images[p.id].digest for p in products)


def _fields(product: Product, learned_from: Sequence[str]) -> ProductFields:
    return ProductFields(
        product.title,
        category=tuple(product.category) if "category" in learned_from else (),
        attributes=product.attributes if "attributes" in learned_from else {},
    )
