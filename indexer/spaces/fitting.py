"""Fit a vector space from stored activations; at most some images are read again, as by phone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
from more_itertools import chunked, peekable

from es_mappings.layout import Vector
from es_mappings.product import ASPECT_DIMS
from indexer.activations.activation_store import ActivationStore, AspectStore
from indexer.elastic.containment import bisect_on_error
from indexer.elastic.product_index import ProductIndex
from indexer.errors import SpaceError
from indexer.relevance.golden import products_in
from indexer.spaces.material import Material, by_golden_set, pairs_of, read_material
from indexer.spaces.recipe import LEARNING, Recipe
from indexer.spaces.reduction import Learned, Linear, familiarity, fit_incremental_pca, fit_learned, fit_pca, fit_random
from indexer.spaces.reduction.explaining import curve, fewest
from indexer.spaces.reduction.measuring import Measure, by_labels
from indexer.spaces.retaking import Retake
from indexer.spaces.text_pairs import learn_text_projection
from indexer.spaces.token_idf import fit_token_idf
from indexer.spaces.vector_space import VectorSpace, save_space
from indexer.vectorizers import Vectorizers
from indexer.vectorizers.base import ProductFields, ProductVectorizer, blank_product
from indexer.vectorizers.probing import run_probed

log = logging.getLogger(__name__)

# Activations that a fit holds in memory: 100 MB of 1,280 dimensions. A PCA of more reads them in chunks.
SAMPLE = 20_000
# Activations that a fit reads at most: a PCA of 1,280 dimensions settles long before (docs/measurements.md).
MAX_ACTIVATIONS = 200_000

_CHUNK = 1_000  # products whose tokens are counted at a time
_EXPLAINED = 4_000  # products that `--explain` measures on, in addition to the judged ones


def fit_space(
    index: ProductIndex,
    vectorizers: Vectorizers,
    recipe: Recipe | None = None,
    *,
    sample: int = SAMPLE,
    retake: Retake | None = None,
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
    space = fit(index, vectorizers, recipe, sample=sample, retake=retake)
    index.stamp_space(space.digest)
    return space


def fit(
    index: ProductIndex,
    vectorizers: Vectorizers,
    recipe: Recipe | None = None,
    *,
    sample: int = SAMPLE,
    products: Callable[[], Iterator[ProductFields]] | None = None,
    retake: Retake | None = None,
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
    retake : callable, optional
        Takes some of the catalogue's pictures again, as by phone (`retaking.retake`), so that shoppers' photographs of
        what the shop has are known as such; without it, no image is read.

    Raises
    ------
    SpaceError
        No aspect has two activations to fit on, or the recipe asks for more dimensions than the aspect has.
    """
    numbers = vectorizers.numbers
    pictures = ActivationStore.open(index, "images", vectorizers.all_images, numbers)
    pictures.copy_older()
    stores = {aspect: pictures.of(aspect) for aspect in vectorizers.images}
    reductions: dict[str, Linear | Learned] = {}
    for aspect, vectorizer in vectorizers.products.items():
        if vectorizer.keeps:
            texts = ActivationStore.open(index, "texts", {aspect: vectorizer}, numbers)
            texts.copy_older()
            stores[aspect] = texts.of(aspect)
        else:
            rows = peekable(_rows(products() if products else _products(index, sample), vectorizer, sample))
            if len(rows.peek(())) >= 2:
                reductions[aspect] = fit_token_idf(rows, ASPECT_DIMS[aspect])
    for aspect, store in stores.items():
        if store.count() >= 2:
            reductions[aspect] = _fit_aspect(index, store, aspect, recipe, sample)
    _know_familiar(reductions, stores, vectorizers, retake)
    if not reductions:
        raise SpaceError(f"{index.alias} has not two products to fit a vector space on. Load a catalogue first.")
    space = VectorSpace(vectorizers.digests, reductions)
    if products is None:  # those of an attached index have their pictures elsewhere
        space = replace(space, text_projection=learn_text_projection(index, vectorizers, space, sample))
    save_space(index, space)
    return space


def _fit_aspect(
    index: ProductIndex, store: AspectStore, aspect: str, recipe: Recipe | None, sample: int
) -> Linear | Learned:
    recipe = (recipe if aspect == LEARNING else None) or Recipe()
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


def _know_familiar(
    reductions: dict[str, Linear | Learned],
    stores: Mapping[str, AspectStore],
    vectorizers: Vectorizers,
    retake: Retake | None,
) -> None:
    """Let the look know which images are familiar, if it has a PCA: no other is asked what it can't express."""
    look = reductions.get(LEARNING)
    if isinstance(look, Linear) and look.kind == "pca":
        store, vectorizer = stores[LEARNING], vectorizers.images.get(LEARNING)
        again = retake(store, vectorizer) if retake and vectorizer else None
        reductions[LEARNING] = familiarity.with_familiar_limit(look, store.sample(familiarity.SAMPLE), again)


def _products(index: ProductIndex, sample: int) -> Iterator[ProductFields]:
    return map(ProductFields.from_source, index.random_products(sample, list(ProductFields.NAMES)))


def _rows(products: Iterator[ProductFields], vectorizer: ProductVectorizer, sample: int) -> Iterator[Vector]:
    """Return the activations of products; one that has none because of an error is left out, and logged."""

    def leave_out(product: ProductFields, error: Exception) -> Vector:
        log.warning("left out of the fit: %r: %s: %s", product.title[:80], type(error).__name__, error)
        return np.zeros((0, vectorizer.dims), np.float32)

    for chunk in chunked(islice(products, sample), _CHUNK):
        parts = list(bisect_on_error(partial(run_probed, vectorizer, blank=blank_product), chunk, leave_out))
        yield parts[0] if len(parts) == 1 else np.concatenate(parts)


def _material(index: ProductIndex, store: AspectStore, recipe: Recipe, sample: int) -> Material:
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


def _reduce(store: AspectStore, material: Material, recipe: Recipe, dims: int, sample: int) -> Linear | Learned:
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
