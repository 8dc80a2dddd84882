"""What a fit learns from: kept activations, joined with what the catalogue says of the products they show."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from more_itertools import chunked

from es_mappings.layout import Vector
from indexer.activations.activation_store import ActivationStore
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.golden import MATCH, Grades
from indexer.relevance.metrics import per_anchor
from indexer.spaces.reduction import Pairs
from indexer.spaces.reduction.measuring import Measure
from indexer.vectorizers.base import ProductFields

_CHUNK = 500  # activations a request


@dataclass(frozen=True)
class Material:
    """Products and the activations of their primary images, side by side.

    Attributes
    ----------
    rows : ndarray of float32, shape (n, raw_dims)
    """

    ids: list[str]
    products: list[ProductFields]
    rows: Vector


def read_material(index: ProductIndex, store: ActivationStore, size: int, also: Collection[str] = ()) -> Material:
    """Read products whose image is embedded, in the order of the images' digests: a random sample, always the same one.

    Parameters
    ----------
    size : int
        How many are read. Of products that share an image the first counts.
    also : collection of str
        Products that have to be among them, such as those of a golden set.
    """
    found: dict[str, tuple[str, ProductFields]] = {}  # by image
    for query in (*_named(sorted(also)), {"exists": {"field": "embedding.image_digest"}}):
        for product_id, source in islice(_scan(index, query), size):
            found.setdefault(source["embedding"]["image_digest"], (product_id, ProductFields.from_source(source)))
    kept = dict(islice(found.items(), max(size, len(also))))
    rows: dict[str, Vector] = {}
    images = list(kept)
    for chunk in chunked(images, _CHUNK):
        rows.update(store.get(chunk))
    there = [image for image in images if image in rows]
    return Material(
        [kept[image][0] for image in there],
        [kept[image][1] for image in there],
        np.stack([rows[image] for image in there]) if there else np.empty((0, 0), np.float32),
    )


def by_golden_set(ids: list[str], grades: Grades, metric: str = "ndcg@10") -> Measure:
    """Measure vectors by the order that they give each anchor's judged candidates.

    Raises
    ------
    GoldenSetError
        Nothing that is judged is among the ids.
    """
    places = {product: place for place, product in enumerate(ids)}
    judged = {
        anchor: own
        for anchor, candidates in grades.items()
        if anchor in places and (own := {c: g for c, g in candidates.items() if c in places})
    }

    def measure(vectors: Vector) -> float:
        run = {}
        for anchor, candidates in judged.items():
            named = list(candidates)
            cosines = vectors[[places[c] for c in named]] @ vectors[places[anchor]]
            run[anchor] = [named[place] for place in np.argsort(-cosines, kind="stable")]
        return float(np.mean(list(per_anchor(judged, run, metric).values())))

    return measure


def pairs_of(ids: list[str], likes: Grades) -> Pairs:
    """Return the places of products that are liked together: pairs of grade 2 and 3, of which both are there."""
    places = {product: place for place, product in enumerate(ids)}
    found = {
        tuple(sorted((places[anchor], places[candidate])))
        for anchor, own in likes.items()
        for candidate, grade in own.items()
        if grade >= MATCH and anchor in places and candidate in places
    }
    return np.array(sorted(found), np.intp).reshape(-1, 2)


def _named(ids: list[str]) -> Iterator[dict[str, Any]]:
    for part in chunked(ids, 1_000):
        yield {"bool": {"filter": [{"ids": {"values": part}}, {"exists": {"field": "embedding.image_digest"}}]}}


def _scan(index: ProductIndex, query: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    wanted = [*ProductFields.NAMES, "embedding.image_digest"]
    request = {"query": query, "_source": wanted, "sort": [{"embedding.image_digest": "asc"}, {"id": "asc"}]}
    for hit in index.scan(request, preserve_order=True, size=_CHUNK):
        yield hit["_id"], hit["_source"]
