"""What a fit learns from: stored activations, joined with the catalogue's fields of their products."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from more_itertools import chunked

from es_mappings.layout import Vector
from indexer.activations.activation_store import AspectStore
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.golden import MATCH, Grades
from indexer.relevance.metrics import per_anchor
from indexer.spaces.reduction import Pairs
from indexer.spaces.reduction.measuring import Measure
from indexer.vectorizers.base import ProductFields

_CHUNK = 500  # activations a request


@dataclass(frozen=True)
class Material:
    """Products and the activations of their primary images, row by row.

    Attributes
    ----------
    images : list of str
        Digests of the images.
    rows : ndarray of float32, shape (n, raw_dims)
    """

    ids: list[str]
    products: list[ProductFields]
    images: list[str]
    rows: Vector


def read_material(index: ProductIndex, store: AspectStore, size: int, also: Collection[str] = ()) -> Material:
    """Read products whose image is embedded, in the order of the images' digests: a random but reproducible sample.

    Parameters
    ----------
    size : int
        How many to read. Of products that share an image the first counts.
    also : collection of str
        Products that must be included, such as those of a golden set.
    """
    candidates: dict[str, tuple[str, ProductFields]] = {}  # by image
    for query in (*_by_ids(sorted(also)), {"exists": {"field": "embedding.image_digest"}}):
        for product_id, source in islice(_scan(index, query), size):
            candidates.setdefault(source["embedding"]["image_digest"], (product_id, ProductFields.from_source(source)))
    products = dict(islice(candidates.items(), max(size, len(also))))
    rows: dict[str, Vector] = {}
    for chunk in chunked(products, _CHUNK):
        rows.update(store.get(chunk))
    images = [image for image in products if image in rows]
    return Material(
        [products[image][0] for image in images],
        [products[image][1] for image in images],
        images,
        np.stack([rows[image] for image in images]) if images else np.empty((0, 0), np.float32),
    )


def by_golden_set(ids: list[str], grades: Grades, metric: str = "ndcg@10") -> Measure:
    """Return a measure of vectors: how well they rank each anchor's judged candidates.

    Raises
    ------
    GoldenSetError
        No judged product is among the ids.
    """
    places = {product: place for place, product in enumerate(ids)}
    judged = {
        anchor: known
        for anchor, candidates in grades.items()
        if anchor in places and (known := {c: g for c, g in candidates.items() if c in places})
    }

    def measure(vectors: Vector) -> float:
        run = {}
        for anchor, candidates in judged.items():
            candidate_ids = list(candidates)
            cosines = vectors[[places[c] for c in candidate_ids]] @ vectors[places[anchor]]
            run[anchor] = [candidate_ids[place] for place in np.argsort(-cosines, kind="stable")]
        return float(np.mean(list(per_anchor(judged, run, metric).values())))

    return measure


def pairs_of(ids: list[str], likes: Grades) -> Pairs:
    """Return the rows of products that are liked together: pairs of grade 2 and 3, both among the ids."""
    places = {product: place for place, product in enumerate(ids)}
    pairs = {
        tuple(sorted((places[anchor], places[candidate])))
        for anchor, candidates in likes.items()
        for candidate, grade in candidates.items()
        if grade >= MATCH and anchor in places and candidate in places
    }
    return np.array(sorted(pairs), np.intp).reshape(-1, 2)


def _by_ids(ids: list[str]) -> Iterator[dict[str, Any]]:
    for part in chunked(ids, 1_000):
        yield {"bool": {"filter": [{"ids": {"values": part}}, {"exists": {"field": "embedding.image_digest"}}]}}


def _scan(index: ProductIndex, query: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    fields = [*ProductFields.NAMES, "embedding.image_digest"]
    request = {"query": query, "_source": fields, "sort": [{"embedding.image_digest": "asc"}, {"id": "asc"}]}
    for hit in index.scan(request, preserve_order=True, size=_CHUNK):
        yield hit["_id"], hit["_source"]
