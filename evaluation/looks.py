"""``lookalike evaluate looks``: other ways to take the look from a picture, and what each costs an image."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from PIL import Image

from demo.golden import read_truth
from es_mappings.layout import Vector
from es_mappings.product import ASPECT_DIMS, DEFAULT_WEIGHTS
from evaluation.activations import ActivationCache, Activations, cache_option
from evaluation.catalogues import PrimaryImage, half_of, primary_images, read_products, source_of
from evaluation.report import Table
from evaluation.variants import rank
from evaluation.views import VIEWS, Averaged
from indexer.relevance import labels
from indexer.relevance.golden import merge
from indexer.relevance.metrics import PerAnchor, compare, interval, per_anchor
from indexer.settings import Settings
from indexer.spaces.reduction import fit_pca
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.learned import join
from indexer.vectorizers.base import ImageVectorizer
from indexer.vectorizers.color import ColorVectorizer
from indexer.vectorizers.preprocessing import LEAST_SIDE

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_TIMED, _TURNS = 32, 5  # images of a timing, and how often each vectorizer has its turn

_OTHERS = ("style", "color")  # aspects of pictures that count next to the look
_COLUMNS = ("Look", "NDCG@10", "Difference", "With style and color", "Difference", "ms an image, times the default")

Rows = Mapping[str, Vector]  # by vectorizer
Look = Callable[[Rows], Vector]


@dataclass(frozen=True)
class Way:
    """A way to a look of so many dimensions.

    Attributes
    ----------
    name : str
    passes : tuple of str
        The vectorizers that it runs; what they cost adds up.
    fit : callable
        Fits reductions on activations by name; takes the dimensions, returns the looks of other activations.
    """

    name: str
    passes: tuple[str, ...]
    fit: Callable[[Rows, int], Look]


def _pca(name: str) -> Callable[[Rows, int], Look]:
    def fit(fitted: Rows, dims: int) -> Look:
        pca = fit_pca(fitted[name], dims)
        return lambda rows: pca(rows[name])

    return fit


def _equalised(power: float) -> Callable[[Rows, int], Look]:
    """Divide each dimension of a PCA by a power of its spread: 1 whitens, 0 leaves it."""

    def fit(fitted: Rows, dims: int) -> Look:
        pca = fit_pca(fitted["look"], dims)
        scale = pca(fitted["look"]).std(axis=0) ** power
        return lambda rows: pca(rows["look"]) / scale

    return fit


def _joined(second: str, part: float, share: float) -> Callable[[Rows, int], Look]:
    """Give a part of the dimensions to other activations, whose similarity counts a share."""

    def fit(fitted: Rows, dims: int) -> Look:
        count = round(dims * part)
        first, other = fit_pca(fitted["look"], dims - count), fit_pca(fitted[second], count)
        return lambda rows: join(unit_rows(first(rows["look"])), unit_rows(other(rows[second])), share)

    return fit


WAYS = (
    Way("PCA of the pooled features: the default", ("look",), _pca("look")),
    Way("Averaged with the mirrored picture's", ("mirrored",), _pca("mirrored")),
    Way("Averaged over the whole and its four corners", ("corners",), _pca("corners")),
    Way("Half of it another model's", ("look", "other"), _joined("other", 0.5, 0.5)),
    Way("A third of it a grid, which counts 30%", ("look",), _joined("parts", 1 / 3, 0.3)),
    Way("A third of it a grid, which counts 50%", ("look",), _joined("parts", 1 / 3, 0.5)),
    Way("The grid alone", ("look",), _pca("parts")),
    Way("Directions equalised by 0.25", ("look",), _equalised(0.25)),
    Way("Directions equalised by 0.5", ("look",), _equalised(0.5)),
    Way("Directions equalised by 1, whitened", ("look",), _equalised(1.0)),
)


@click.command()
@click.argument("catalog", type=_FILE)
@click.option("--truth", type=_FILE, help="truth.jsonl of a rendered catalogue: judge by it instead of by category.")
@click.option("--other-model", default="tf_efficientnet_lite0", show_default=True, help="The other model.")
@click.option("--most", type=click.IntRange(2), help="Take so many products, chosen by their images' digests.")
@click.option("--dims", default=ASPECT_DIMS["look"], show_default=True)
@cache_option
def command(catalog: Path, truth: Path | None, other_model: str, most: int | None, dims: int, cache: Path) -> None:
    """Measure ways to a look on CATALOG: fitted on one half of its pictures, NDCG@10 on the other half."""
    images = dict(sorted(primary_images(catalog).items(), key=lambda item: item[1].digest)[:most])
    products = [p for p in read_products(catalog) if p.id in images]
    fitted, measured = ([p.id for p in products if half_of(images[p.id]) == half] for half in (0, 1))
    judged = read_truth(truth) if truth else labels.by_category(products)
    chosen = [p for p in judged if p.id in set(measured)]
    grades = merge(labels.judge(chosen, anchors=len(chosen), candidates=0, within_kind=True))
    vectorizers = _vectorizers(other_model)
    taken = Taken.of(catalog, images, vectorizers, cache)
    costs = _costs(catalog, list(images.values())[:_TIMED], vectorizers)
    material = taken.rows(fitted), taken.rows(measured)
    others = {name: unit_rows(fit_pca(material[0][name], ASPECT_DIMS[name])(material[1][name])) for name in _OTHERS}
    alone: dict[str, PerAnchor] = {}
    together: dict[str, PerAnchor] = {}
    for way in WAYS:
        looks = unit_rows(way.fit(material[0], dims)(material[1]))
        for scores, vectors in ((alone, looks), (together, _compound({"look": looks, **others}))):
            run = rank(dict(zip(measured, vectors, strict=True)), grades, "cosine")
            scores[way.name] = per_anchor(grades, run, "ndcg@10")
    title = f"{len(fitted):,} products fitted, {len(measured):,} measured, {dims} dimensions"
    click.echo(Table(title, _COLUMNS, _lines(alone, together, costs)).to_markdown())


def _compound(parts: Mapping[str, Vector]) -> Vector:
    """Join unit vectors by aspect, so that a dot product is the sum of theirs by default weights."""
    return np.hstack([part * np.float32(DEFAULT_WEIGHTS[name] ** 0.5) for name, part in parts.items()])


@dataclass(frozen=True)
class Taken:
    """The activations of each vectorizer, and each product's primary image."""

    images: Mapping[str, PrimaryImage]
    by_vectorizer: Mapping[str, Activations]

    @classmethod
    def of(
        cls,
        catalog: Path,
        images: Mapping[str, PrimaryImage],
        vectorizers: Mapping[str, ImageVectorizer],
        cache: Path,
    ) -> Taken:
        """Read the activations from the cache; compute those that it lacks."""
        cached = ActivationCache(cache, source_of(catalog))
        return cls(images, {name: cached.get(vectorizer, images.values()) for name, vectorizer in vectorizers.items()})

    def rows(self, products: Sequence[str]) -> dict[str, Vector]:
        """Return the activations of products by vectorizer, a row each."""
        return {
            name: activations.of(self.images[p].digest for p in products)
            for name, activations in self.by_vectorizer.items()
        }


def _vectorizers(other_model: str) -> dict[str, ImageVectorizer]:
    from indexer.vectorizers.cnn import load as load_cnn

    settings = Settings.from_environment()
    loaded = load_cnn(settings)
    other = load_cnn(settings.model_copy(update={"look_model": other_model}))["look"]
    views = {name: Averaged(loaded["look"], name) for name in VIEWS}
    return {**loaded, "color": ColorVectorizer(), "other": other, **views}


def _costs(
    catalog: Path, images: Sequence[PrimaryImage], vectorizers: Mapping[str, ImageVectorizer]
) -> dict[str, float]:
    """Return the milliseconds an image of each vectorizer, medians of turns, so that all meet the same load."""
    source = source_of(catalog)
    pictures: list[Image.Image] = [
        source.decoder.decode(source.fetch(image.address), least_side=LEAST_SIDE) for image in images
    ]
    seconds: dict[str, list[float]] = {name: [] for name in vectorizers}
    for _ in range(_TURNS):
        for name, vectorizer in vectorizers.items():
            begun = time.perf_counter()
            vectorizer(pictures)
            seconds[name].append(time.perf_counter() - begun)
    return {name: 1_000 * statistics.median(taken) / len(pictures) for name, taken in seconds.items()}


def _lines(
    alone: Mapping[str, PerAnchor], together: Mapping[str, PerAnchor], costs: Mapping[str, float]
) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    for way in WAYS:
        figures = []
        for scores in (alone, together):
            compared = compare(scores[WAYS[0].name], scores[way.name])
            difference = f"{compared.difference:+.3f} ({compared.low:+.3f} to {compared.high:+.3f})"
            figures += [f"{interval(scores[way.name]).mean:.3f}", "" if way is WAYS[0] else difference]
        cost = sum(costs[name] for name in way.passes)
        lines.append((way.name, *figures, f"{cost:.1f}, {cost / costs['look']:.2f}"))
    return lines
