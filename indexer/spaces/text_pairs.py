"""What a text projection learns from: the catalogue's own texts, paired with the vectors of their products."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from more_itertools import chunked

from es_mappings.layout import Vector
from indexer.activations.activation_store import ActivationStore, AspectStore
from indexer.elastic.product_index import ProductIndex
from indexer.spaces.material import Material, read_material
from indexer.spaces.text_projection import TextProjection, fit_text_projection
from indexer.spaces.vector_space import LOOK, TEXT, VectorSpace
from indexer.vectorizers import Vectorizers
from indexer.vectorizers.base import ProductFields, ProductVectorizer

log = logging.getLogger(__name__)

_PRODUCTS = 5_000  # that are read at most
_TITLES = 2_000  # titles that are embedded for the fit: shoppers' words are as short as titles, stored texts are not
_NAMED = 3  # attributes in a caption at most
_LEAST = 50  # products; fewer teach nothing that holds for others
_CHUNK = 500  # activations a request


def learn_text_projection(
    index: ProductIndex, vectorizers: Vectorizers, space: VectorSpace, sample: int
) -> TextProjection | None:
    """Learn where words lie in a space; None if the catalogue has too few products with a text and a picture.

    Parameters
    ----------
    space : VectorSpace
        With its reductions, but without a projection.
    sample : int
        Products to learn from at most.
    """
    images = [aspect for aspect in vectorizers.images if aspect in space.reductions]
    if TEXT not in space.reductions or not images:
        return None
    pictures = ActivationStore.open(index, "images", vectorizers.all_images, vectorizers.numbers)
    material = read_material(index, pictures.of(images[0]), min(sample, _PRODUCTS))
    if len(material.ids) < _LEAST:
        log.info("%d products with a picture are too few to learn what words look like", len(material.ids))
        return None
    activations = _activations(index, vectorizers, space, material, pictures)
    projection = learn_from(material.products, activations, vectorizers.products[TEXT], space)
    looks = [of_product[LOOK] for of_product in activations if LOOK in of_product]
    if vectorizers.text_tower and looks:
        titles = vectorizers.text_tower([product.title for product in material.products[:_TITLES]])
        projection = replace(projection, shift=gap(titles, looks))
    return projection


def gap(texts: Vector, pictures: Sequence[Vector]) -> Vector:
    """Return what leads from the mean of a dual encoder's texts to the mean of its pictures, shape ``(raw_dims,)``."""
    return np.asarray(np.mean(pictures, axis=0) - np.mean(texts, axis=0), np.float32)


def learn_from(
    products: Sequence[ProductFields],
    activations: Sequence[Mapping[str, Vector]],
    vectorizer: ProductVectorizer,
    space: VectorSpace,
) -> TextProjection:
    """Learn where words lie in a space from products and their activations by aspect.

    A product teaches its text as it is stored, and by short texts, as shoppers write them: its title and a caption.

    Parameters
    ----------
    vectorizer : ProductVectorizer
        That of the text aspect.
    """
    vectors = np.stack([space.compose(of_product) for of_product in activations])
    stored = [row for row, of_product in enumerate(activations) if TEXT in of_product]
    some = products[:_TITLES]
    short = [ProductFields(words) for words in (*(p.title for p in some), *captions(some))]
    texts = np.vstack([vectorizer(short), *(activations[row][TEXT][None] for row in stored)])
    return fit_text_projection(texts, np.array([*range(len(some)), *range(len(some)), *stored]), vectors, space.layout)


def captions(products: Sequence[ProductFields]) -> list[str]:
    """Return for each product a few words as shoppers search: some of its attributes' values, and a category."""
    draw = random.Random(0)  # noqa: S311 - a fit is reproducible
    texts = []
    for product in products:
        named = [(n, v) for n, v in product.attributes.items() if isinstance(v, str | int | float) and v is not False]
        chosen = draw.sample(named, min(len(named), draw.randint(1, _NAMED)))
        category = product.category[draw.randrange(len(product.category))] if product.category else product.title
        texts.append(" ".join([*(_words(name, value) for name, value in chosen), category.lower()]))
    return texts


def _words(name: str, value: str | float) -> str:
    """Write an attribute as people do: a value says what it is of, unless it is a number or a flag."""
    label = name.replace("_", " ")
    return label if value is True else str(value) if isinstance(value, str) else f"{label} {value:g}"


def _activations(
    index: ProductIndex, vectorizers: Vectorizers, space: VectorSpace, material: Material, pictures: ActivationStore
) -> list[dict[str, Vector]]:
    """Read or compute the activations of each product, by aspect."""
    rows: list[dict[str, Vector]] = [{} for _ in material.ids]
    for aspect, vectorizer in (*vectorizers.images.items(), *vectorizers.products.items()):
        if aspect not in space.reductions:
            continue
        if aspect in vectorizers.images:
            found = _stored(pictures.of(aspect), material.images)
        elif vectorizers.products[aspect].keeps:
            digests = [vectorizers.products[aspect].key(product) for product in material.products]
            texts = ActivationStore.open(index, "texts", {aspect: vectorizer}, vectorizers.numbers)
            found = _stored(texts.of(aspect), digests)
        else:
            found = dict(enumerate(vectorizers.products[aspect](material.products)))
        for row, activation in found.items():
            rows[row][aspect] = activation
    return rows


def _stored(store: AspectStore, digests: list[str]) -> dict[int, Vector]:
    """Return stored activations by the place of their digest."""
    found: dict[str, Vector] = {}
    for chunk in chunked(dict.fromkeys(digests), _CHUNK):
        found.update(store.get(chunk))
    return {place: found[digest] for place, digest in enumerate(digests) if digest in found}
