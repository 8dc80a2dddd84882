"""How dense the neighbourhood of each query point is, so that several likes share a page fairly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from cachetools import TTLCache
from elasticsearch import NotFoundError

from es_mappings import queries, strategies
from es_mappings.anchors import QueryPoints, neighbour_offsets
from es_mappings.facets import Filters
from es_mappings.vector_index import SearchWidth
from indexer.elastic.multi_search import multi_search
from indexer.elastic.product_index import ProductIndex
from search.errors import gone
from search.resolved import ResolvedSearch

PAGE = 24  # products that the points share
_CACHED, _CACHE_SECONDS = 50_000, 600.0  # a neighbourhood changes slowly


class Neighbourhoods:
    """Reads how near the neighbours of query points are, among all products. Safe for threads."""

    def __init__(self, index: ProductIndex) -> None:
        self._client = index.client
        self._cache: TTLCache[str, float] = TTLCache(_CACHED, _CACHE_SECONDS)
        self._lock = Lock()

    def shared(self, search: ResolvedSearch, offsets: Sequence[float] | None) -> ResolvedSearch:
        """Return a search whose points share its pages fairly.

        A minimum match compares all products by one similarity, and other metrics have no neighbours here: there, the
        most similar point counts as it is.

        Parameters
        ----------
        offsets : sequence of float or None
            Those of the listing's first page, for its other pages; None on the first.

        Raises
        ------
        ParameterError
            The listing had other points on its first page.
        """
        points, parameters = search.points, search.parameters
        if points is None or parameters.metric != "cosine" or parameters.min_match:
            return search
        if offsets is None:
            anchors = [anchor.id for anchor in search.anchors.usable]
            points = self.with_offsets(points, search.snapshot.index, search.meaning.width, anchors)
        elif offsets and len(offsets) != len(points.vectors):  # an anchor is gone since
            raise gone(parameters.cursor)
        else:
            points = replace(points, offsets=tuple(offsets))
        return replace(search, points=points)

    def with_offsets(
        self, points: QueryPoints, index: str, width: SearchWidth, anchors: Sequence[str], page: int = PAGE
    ) -> QueryPoints:
        """Return points with offsets by which each has its share of a page; a single one, or `every`, unchanged.

        One ``_msearch``, unless all are cached.

        Parameters
        ----------
        index : str
            The index whose products they are compared with.
        width : SearchWidth
            How widely that index is searched.
        anchors : sequence of str
            Ids of what the points were made from, which are no neighbours.
        page : int
            Products that the points share.
        """
        if len(points.vectors) == 1 or points.join == "min":
            return points
        return replace(points, offsets=neighbour_offsets(self._cosines(points, index, width, anchors, page)))

    def _cosines(
        self, points: QueryPoints, index: str, width: SearchWidth, anchors: Sequence[str], page: int
    ) -> list[float]:
        """Return each point's cosine with its k-th neighbour, k being its share of the page."""
        alone = [
            replace(points, vectors=(v,), weights=(w,)) for v, w in zip(points.vectors, points.weights, strict=True)
        ]
        wanted = [(point, max(1, round(page * share))) for point, share in zip(alone, points.like_shares, strict=True)]
        keys = [_key(index, point, depth, anchors) for point, depth in wanted]
        with self._lock:
            known = {key: self._cache[key] for key in keys if key in self._cache}
        missing = {
            key: _neighbours(*pair, width, anchors) for key, pair in zip(keys, wanted, strict=True) if key not in known
        }
        try:
            answers = multi_search(self._client, missing.values(), index=index)
        except NotFoundError as error:
            raise gone("") from error
        known |= {key: _farthest(answer) for key, answer in zip(missing, answers, strict=True)}
        with self._lock:
            self._cache.update(known)
        return [known[key] for key in keys]


def _neighbours(point: QueryPoints, depth: int, width: SearchWidth, anchors: Sequence[str]) -> dict[str, Any]:
    candidates, oversample = width.num_candidates, width.oversample
    everything, room = queries.browse(None, Filters()), len(anchors)
    nearest = strategies.knn(everything, point, k=depth, room=room, num_candidates=candidates, oversample=oversample)
    query = queries.without(nearest, anchors)
    return {"query": query, "size": depth, "_source": False, "track_total_hits": False}


def _farthest(answer: Mapping[str, Any]) -> float:
    """Return the cosine with the last neighbour; 0, as with something unrelated, without any."""
    hits = answer["hits"]["hits"]
    return 2 * strategies.knn_similarity(hits[-1]["_score"]) - 1 if hits else 0.0


def _key(index: str, point: QueryPoints, depth: int, anchors: Sequence[str]) -> str:
    digest = hashlib.sha256(point.weighed[0].tobytes())
    digest.update(json.dumps([index, depth, sorted(anchors)]).encode())
    return digest.hexdigest()
