"""Fit a vector space from stored activations; no image is needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np
from more_itertools import chunked, peekable

from es_mappings.layout import Vector
from es_mappings.product import ASPECT_DIMS
from indexer.activations.activation_store import ActivationStore
from indexer.elastic.containment import bisect_on_error
from indexer.elastic.product_index import ProductIndex
from indexer.errors import SpaceError
from indexer.relevance.golden import Grades, products_in
from indexer.relevance.splits import refuse_leakage
from indexer.spaces.material import Material, by_golden_set, pairs_of, read_material
from indexer.spaces.reduction import Learned, Linear, familiarity, fit_incremental_pca, fit_learned, fit_pca, fit_random
from indexer.spaces.reduction.explaining import Point, curve, fewest
from indexer.spaces.reduction.measuring import Measure, by_labels
from indexer.spaces.text_pairs import learn_text_projection
from indexer.spaces.token_idf import fit_token_idf
from indexer.spaces.vector_space import VectorSpace, save_space
from indexer.vectorizers import Vectorizers
from indexer.vectorizers.base import ProductFields, ProductVectorizer

log = logging.getLogger(__name__)

Kind = Literal["pca", "whitened", "random", "learned"]
LEARNING = "look"  # the aspect that `Recipe` is about; the others have a PCA

# Activations that a fit holds in memory: 100 MB of 1,280 dimensions. A PCA of more reads them in chunks.
SAMPLE = 20_000
# Activations that a fit reads at most: a PCA of 1,280 dimensions settles long before (docs/measurements.md).
MAX_ACTIVATIONS = 200_000

_CHUNK = 1_000  # products whose tokens are counted at a time
_EXPLAINED = 4_000  # products that `--explain` measures on, in addition to the judged ones


@dataclass(frozen=True)
class Recipe:
    """How the look aspect is reduced.

    Attributes
    ----------
    dims : int, optional
        Fewer than the aspect has room for; the rest stays zero.
    grades : dict, optional
        A golden set that chooses the mix of a learned projection and judges the number of dimensions; without one,
        the catalogue's labels do.
    likes : dict, optional
        Judgements, or a shop's own counts of what is liked together: pairs of grade 2 and 3 teach a learned projection.
    explain : callable, optional
        Called with the quality at each number of dimensions and the fewest that suffice, which are used unless `dims`
        is set.
    """

    kind: Kind = "pca"
    dims: int | None = None
    grades: Grades | None = None
    likes: Grades | None = None
    explain: Callable[[list[Point], Point], None] | None = None

    def __post_init__(self) -> None:
        """Refuse likes that the reduction can't learn from, or that overlap with the golden set."""
        if self.likes and self.kind != "learned":
            raise SpaceError(f"A {self.kind} reduction learns nothing from likes; ask for a learned one")
        if self.likes and self.grades:
            refuse_leakage(products_in(self.likes), products_in(self.grades))

    @classmethod
    def of(cls, space: VectorSpace) -> Recipe:
        """Return the recipe of another space; a learned projection is learned again, from labels alone."""
        kind = space.reductions[LEARNING].manifest["kind"] if LEARNING in space.reductions else "pca"
        by_kind: dict[str, Kind] = {
            "whitened": "whitened",
            "random": "random",
            "learned": "learned",
            "within": "learned",
        }
        return cls(by_kind.get(kind, "pca"))


def fit_space(
    index: ProductIndex, vectorizers: Vectorizers, recipe: Recipe | None = None, *, sample: int = SAMPLE
) -> VectorSpace:
    """Fit a vector space as `fit` does, and write to the live index's mapping that it holds this one.

    Raises
    ------
    SpaceError
        No aspect has two activations to fit on.
    IndexStateError
        The index holds vectors of another space, or was created for other aspects.
    """
    index.ensure()
    space = fit(index, vectorizers, recipe, sample=sample)
    index.stamp_space(space.digest)
    return space


def fit(
    index: ProductIndex,
    vectorizers: Vectorizers,
    recipe: Recipe | None = None,
    *,
    sample: int = SAMPLE,
    products: Callable[[], Iterator[ProductFields]] | None = None,
) -> VectorSpace:
    """Fit the reductions and save the space.

    An aspect with fewer than two activations is left out of the space: its part of every vector is zeros.

    Parameters
    ----------
    vectorizers : Vectorizers
        Those whose activations are in the Image Vector Store.
    recipe : Recipe, optional
        How the look aspect is reduced; by default as all others, by PCA.
    sample : int
        Activations held in memory.
    products : callable, optional
        Iterates over the fields of products in a random order, such as those of an attached index; by default those of
        the product index.

    Raises
    ------
    SpaceError
        No aspect has two activations to fit on, or the recipe asks for more dimensions than the aspect has.
    """
    numbers = vectorizers.numbers
    stores = {a: ActivationStore.open(index, "images", v, numbers) for a, v in vectorizers.images.items()}
    reductions: dict[str, Linear | Learned] = {}
    for aspect, vectorizer in vectorizers.products.items():
        if vectorizer.keeps:
            stores[aspect] = ActivationStore.open(index, "texts", vectorizer, numbers)
        else:
            rows = peekable(_rows(products() if products else _products(index, sample), vectorizer, sample))
            if len(rows.peek(())) >= 2:
                reductions[aspect] = fit_token_idf(rows, ASPECT_DIMS[aspect])
    for aspect, store in stores.items():
        if store.count() >= 2:
            reductions[aspect] = _fit_aspect(index, store, aspect, recipe, sample)
    if not reductions:
        raise SpaceError(f"{index.alias} has not two products to fit a vector space on. Load a catalogue first.")
    space = VectorSpace(vectorizers.digests, reductions)
    if products is None:  # those of an attached index have their pictures elsewhere
        space = replace(space, text_projection=learn_text_projection(index, vectorizers, space, sample))
    save_space(index, space)
    return space


def _fit_aspect(
    index: ProductIndex, store: ActivationStore, aspect: str, recipe: Recipe | None, sample: int
) -> Linear | Learned:
    if aspect != LEARNING:
        return _fit_by_recipe(index, store, aspect, Recipe(), sample)
    reduction = _fit_by_recipe(index, store, aspect, recipe or Recipe(), sample)
    return familiarity.with_familiar_limit(reduction, store.sample(familiarity.SAMPLE))


def _fit_by_recipe(
    index: ProductIndex, store: ActivationStore, aspect: str, recipe: Recipe, sample: int
) -> Linear | Learned:
    room = ASPECT_DIMS[aspect]
    if recipe.dims and not 1 <= recipe.dims <= room:
        raise SpaceError(
            f"{recipe.dims} dimensions: {aspect} has room for 1 to {room} (ASPECT_DIMS in es_mappings/product.py)"
        )
    material = _material(index, store, recipe, sample)
    reduction = _reduce(store, material, recipe, recipe.dims or room, sample)
    if not recipe.explain:
        return reduction
    points = curve(reduction, material.rows, _measure(material, recipe))
    chosen = fewest(points)
    recipe.explain(points, chosen)
    return reduction if recipe.dims else reduction.truncated(chosen.dims)


def _products(index: ProductIndex, sample: int) -> Iterator[ProductFields]:
    return map(ProductFields.from_source, index.random_products(sample, list(ProductFields.NAMES)))


def _rows(products: Iterator[ProductFields], vectorizer: ProductVectorizer, sample: int) -> Iterator[Vector]:
    """Return the activations of products; one that has none because of an error is left out, and logged."""

    def leave_out(product: ProductFields, error: Exception) -> Vector:
        log.warning("left out of the fit: %r: %s: %s", product.title[:80], type(error).__name__, error)
        return np.zeros((0, vectorizer.dims), np.float32)

    for chunk in chunked(islice(products, sample), _CHUNK):
        parts = list(bisect_on_error(vectorizer, chunk, leave_out))
        yield parts[0] if len(parts) == 1 else np.concatenate(parts)


def _material(index: ProductIndex, store: ActivationStore, recipe: Recipe, sample: int) -> Material:
    """Read the products to learn from or to measure on; none if the recipe needs neither."""
    judged = products_in(recipe.grades or {}) | products_in(recipe.likes or {})
    if recipe.kind == "learned":
        return read_material(index, store, sample, judged)
    if recipe.explain:
        return read_material(index, store, min(sample, _EXPLAINED), judged)
    return Material([], [], [], store.sample(0))


def _measure(material: Material, recipe: Recipe) -> Measure:
    if recipe.grades:
        return by_golden_set(material.ids, recipe.grades)
    measure = by_labels(material.products)
    if measure is None:
        raise SpaceError("The catalogue has no labels to measure by; name a golden set (--golden)")
    return measure


def _reduce(store: ActivationStore, material: Material, recipe: Recipe, dims: int, sample: int) -> Linear | Learned:
    if recipe.kind == "learned":
        if len(material.rows) < 2:
            raise SpaceError(
                "Fewer than two products have an embedded image; let the workers embed the catalogue first"
            )
        measure = _measure(material, recipe) if recipe.grades else None
        likes = pairs_of(material.ids, recipe.likes or {})
        return fit_learned(material.rows, material.products, dims, measure=measure, likes=likes)
    if recipe.kind == "random":
        return fit_random(store.sample(sample), dims)
    whiten = recipe.kind == "whitened"
    if store.count() <= sample:
        return fit_pca(store.sample(sample), dims, whiten=whiten)
    return fit_incremental_pca(store.chunks(MAX_ACTIVATIONS), dims, whiten=whiten)


def describe(space: VectorSpace) -> str:
    """Return a line about a space's reductions: kind, dimensions, variance kept, and the reason for the choice."""
    return "; ".join(
        f"{name}: {r.manifest['kind']}, {r.dims} dimensions, {r.kept:.1%} of the variance"
        + (f" ({why})" if (why := r.manifest["why"]) else "")
        for name, r in space.reductions.items()
    )
