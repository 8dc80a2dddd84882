"""How a listing is sorted by similarity: one function per strategy, each from a query to parts of a request."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from more_itertools import chunked

from es_mappings import scripts
from es_mappings.anchors import QueryPoints
from es_mappings.layout import Layout, Vector

Query = dict[str, Any]
Metric = Literal["cosine", "euclidean", "manhattan"]

# Relevance score that counts half, when relevance is mixed in: about that of a title with two of two words.
RELEVANCE_PIVOT = 8.0

_AHEAD = 1e6  # above any BM25 score
_POINTS = 8  # that similarity.painless compares with in one pass


def exact(query: Query, points: QueryPoints, metric: Metric = "cosine", field: str = "vector") -> Query:
    """Score every match by its similarity: exact, with true totals and full facets.

    Returns
    -------
    dict
        A query whose scores lie in [0, 1]; products without a vector score 0, and stay.
    """
    scripted = _scripts(points, metric, field)
    if len(scripted) == 1:
        return {"script_score": {"query": query, "script": scripted[0]}}
    return {
        "function_score": {
            "query": query,
            "functions": [{"script_score": {"script": script}} for script in scripted],
            "score_mode": points.join,
            "boost_mode": "replace",
        }
    }


def any_image(query: Query, points: QueryPoints) -> Query:
    """Score every match by the image of it that is most similar.

    Products with one image have it in the compound vector; those with several have all of them nested, and the best
    one comes back as the inner hit ``pictures``.
    """
    every: Query = {"match_all": {}}
    nested = {
        "path": "pictures",
        "score_mode": "max",
        "query": exact(every, points, field="pictures.vector"),
        "inner_hits": {"size": 1, "_source": ["pictures.image"]},
    }
    best = {"dis_max": {"queries": [exact(every, points), {"nested": nested}]}}
    return {"bool": {"filter": [query], "must": [best]}}


def knn(
    query: Query,
    points: QueryPoints,
    *,
    k: int,
    num_candidates: int,
    oversample: float,
    field: str = "vector",
) -> Query:
    """Order the nearest ``k`` matches of each point by similarity; every other match follows with score 0.

    The query is also the filter inside the kNN clause: outside, it would thin out the neighbours of all.

    Returns
    -------
    dict
        A query whose scores are Elasticsearch's for ``max_inner_product`` (`knn_similarity` brings them to [0, 1]).
    """
    if points.join == "min" and len(points.vectors) > 1:
        raise ValueError("the nearest neighbours of each point can't tell which product is nearest to all of them")
    neighbours = [
        {
            "knn": {
                "field": field,
                "query_vector": plain(point),
                "k": k,
                "num_candidates": num_candidates,
                "filter": query,
                "rescore_vector": {"oversample": oversample},
            }
        }
        for point in points.weighed
    ]
    nearest = neighbours[0] if len(neighbours) == 1 else {"dis_max": {"queries": neighbours}}
    return {"bool": {"filter": [query], "should": [nearest]}}


def knn_similarity(score: float) -> float:
    """Bring a kNN score to the similarity of the exact strategy.

    Elasticsearch gives ``1 + x`` for an inner product x of 0 or more, ``1 / (1 - x)`` below, 0 where the product is
    none of the neighbours.
    """
    if score <= 0:
        return 0.0
    product = score - 1 if score >= 1 else 1 - 1 / score
    return (1 + product) / 2


def knn_score(similarity: float) -> float:
    """Return the kNN score of a similarity: the inverse of `knn_similarity`."""
    product = 2 * similarity - 1
    return 1 + product if product >= 0 else 1 / (1 - product)


def rescore_window(query: Query, points: QueryPoints, *, window: int, field: str = "vector") -> dict[str, Any]:
    """Keep the order of relevance, and re-rank its first ``window`` products by similarity.

    Returns
    -------
    dict
        ``query`` and ``rescore`` of a request.
    """
    similar = exact({"match_all": {}}, points, field=field)
    # The first window must stay ahead of what follows it, whatever its relevance: similarity lies in [0, 1].
    rescored = {"rescore_query": similar, "query_weight": 0, "rescore_query_weight": _AHEAD}
    return {"query": query, "rescore": {"window_size": window, "query": rescored}}


def with_relevance(similar: Query, query: Query, share: float) -> Query:
    """Mix keyword relevance into a similarity.

    Parameters
    ----------
    share : float
        0 is similarity alone, 1 relevance alone; both lie in [0, 1] before they are mixed.
    """
    relevant = {"script": {"source": scripts.source("relevance"), "params": {"pivot": RELEVANCE_PIVOT}}, "query": query}
    return {
        "bool": {
            "must": [{"bool": {"must": [similar], "boost": 1 - share}}],
            "should": [{"script_score": {**relevant, "boost": share}}],
        }
    }


def plain(vector: Vector) -> list[float]:
    """Write a vector as JSON numbers, as precise as float32 is."""
    return [round(float(x), 7) for x in vector]


def _scripts(points: QueryPoints, metric: Metric, field: str) -> list[dict[str, Any]]:
    """Return as few scripts as compare with all points, since each costs a pass over the vectors."""
    if metric != "cosine":
        return [_distance(point, points.weights, points.layout, metric, field) for point in points.vectors]
    weighed = [plain(point) for point in points.weighed]
    return [_similarity(part, field, farthest=points.join == "min") for part in chunked(weighed, _POINTS)]


def _similarity(points: Sequence[list[float]], field: str, *, farthest: bool) -> dict[str, Any]:
    params: dict[str, Any] = {"query": points[0], "field": field}
    if len(points) > 1:
        params |= {f"query{number}": point for number, point in enumerate(points[1:], 2)}
        params |= {"points": len(points), "farthest": farthest}
    return {"source": scripts.source("similarity"), "params": params}


def _distance(
    point: Vector, weights: Mapping[str, float], layout: Layout, metric: Metric, field: str
) -> dict[str, Any]:
    power = 2 if metric == "euclidean" else 1
    shares = layout.shares(point, weights)
    aspects = [
        [a.start, a.start + a.dims, shares[a.name], _unrelated(a.dims, power)]
        for a in layout.aspects
        if a.name in shares
    ]
    params = {"query": plain(point), "aspects": aspects, "power": power, "field": field}
    return {"source": scripts.source("distance"), "params": params}


def _unrelated(dims: int, power: int) -> float:
    """Distance, to its power, of two independent random unit vectors: 2 squared, or its mean in the L1 norm."""
    # Coordinates differ by a normal of variance 2/dims, whose mean absolute value is sqrt(2/dims) * sqrt(2/pi).
    return 2.0 if power == 2 else 2 * math.sqrt(dims / math.pi)
