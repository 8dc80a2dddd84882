"""How a listing is sorted by similarity: one function per strategy, each from a query to parts of a request."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from more_itertools import chunked

from es_mappings import scripts
from es_mappings.anchors import QueryPoints
from es_mappings.layout import Layout, Vector

Query = dict[str, Any]
Metric = Literal["cosine", "euclidean", "manhattan"]

# Relevance score that counts half, when relevance is mixed in: about that of a title with two of two words.
RELEVANCE_PIVOT = 8.0

# The greatest `k` and `num_candidates` that Elasticsearch takes.
MAX_CANDIDATES = 10_000

# Weight of the relevance of re-ranked products: next to their similarity it is nothing in float32. But what lies beyond
# the window keeps its order by it, and stays behind, also behind products without a vector, whose similarity is 0.
_RELEVANCE_IN_WINDOW = 1e-30

# Units in the last place by which a kNN score may differ when the same search is repeated: one or two were seen, in one
# score of a thousand (Elasticsearch compares several vectors at a time, and adds up in another order than for one).
_ROUNDING_ULPS = 4

_POINTS = 8  # that similarity.painless compares with in one pass


def exact(
    query: Query, points: QueryPoints, metric: Metric = "cosine", field: str = "vector", script: str = ""
) -> Query:
    """Score every match by its similarity: exact, with true totals and full facets.

    Parameters
    ----------
    script : str
        Painless to score cosines by, instead of ``painless/similarity.painless``.

    Returns
    -------
    dict
        A query whose scores lie in [0, 1]; products without a vector score 0, and stay.
    """
    scripted = _scripts(points, metric, field, script)
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


def any_image(query: Query, points: QueryPoints, script: str = "") -> Query:
    """Score every match by the image of it that is most similar.

    Products with one image have it in the compound vector; those with several have all of them nested, and the best
    one comes back as the inner hit ``pictures``.
    """
    every: Query = {"match_all": {}}
    nested = {
        "path": "pictures",
        "score_mode": "max",
        "query": exact(every, points, field="pictures.vector", script=script),
        "inner_hits": {"size": 1, "_source": ["pictures.image"]},
    }
    best = {"dis_max": {"queries": [exact(every, points, script=script), {"nested": nested}]}}
    return {"bool": {"filter": [query], "must": [best]}}


def knn(
    query: Query,
    points: QueryPoints,
    *,
    k: int,
    num_candidates: int,
    oversample: float,
    room: int = 0,
    field: str = "vector",
) -> Query:
    """Return the nearest ``k`` matches of each point alone, by similarity; no clause visits the other matches.

    The query is the filter inside the kNN clause: outside, it would thin out the neighbours of all.

    Parameters
    ----------
    room : int
        Neighbours to return in addition, for what is left out of them afterwards.

    Returns
    -------
    dict
        A query whose scores are Elasticsearch's for ``max_inner_product`` (`knn_similarity` brings them to [0, 1]),
        plus what a point's offset is above the least one.

    Raises
    ------
    ValueError
        A product must be near to all of several points.
    """
    if points.join == "min" and len(points.vectors) > 1:
        raise ValueError("the nearest neighbours of each point can't tell which product is nearest to all of them")
    depth = min(k + room, MAX_CANDIDATES)
    neighbours = []
    for point, offset in zip(points.weighed, points.each_offset, strict=True):
        nearest: Query = {
            "knn": {
                "field": field,
                "query_vector": plain(point),
                "k": depth,
                "num_candidates": max(depth, num_candidates),
                "filter": query,
                "rescore_vector": {"oversample": oversample},
            }
        }
        above = offset - min(points.each_offset)
        neighbours.append(_raised(nearest, above) if above else nearest)
    return neighbours[0] if len(neighbours) == 1 else {"dis_max": {"queries": neighbours}}


def _raised(query: Query, by: float) -> Query:
    """Add a number to the scores of a query."""
    return {"bool": {"must": [query], "should": [{"constant_score": {"filter": {"match_all": {}}, "boost": by}}]}}


def shown(neighbours: Query, score: float, product_id: str) -> list[Query]:
    """Build the clauses of what a list of neighbours shows up to one of them, given by its score and id.

    Its order is by score, and of equal scores by id. Scores are equal that differ by rounding only.
    """

    def at_least(least: np.float32) -> Query:
        return {"function_score": {"query": neighbours, "min_score": float(least)}}

    rounding = _ROUNDING_ULPS * np.spacing(np.float32(score))
    up_to_it = {"bool": {"filter": [at_least(score - rounding), {"range": {"id": {"lte": product_id}}}]}}
    return [at_least(score + rounding), up_to_it]


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


def rescore_window(
    query: Query, points: QueryPoints, *, window: int, field: str = "vector", script: str = ""
) -> dict[str, Any]:
    """Keep the order of relevance, and re-rank its first ``window`` products by similarity.

    Returns
    -------
    dict
        ``query`` and ``rescore`` of a request.
    """
    similar = exact({"match_all": {}}, points, field=field, script=script)
    rescored = {"rescore_query": similar, "query_weight": _RELEVANCE_IN_WINDOW, "rescore_query_weight": 1}
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
    return np.round(np.asarray(vector, np.float64), 7).tolist()  # type: ignore[no-any-return]


def _scripts(points: QueryPoints, metric: Metric, field: str, script: str) -> list[dict[str, Any]]:
    """Return as few scripts as compare with all points, since each costs a pass over the vectors."""
    if metric != "cosine":
        compared = zip(points.vectors, points.weights, strict=True)
        return [_distance(point, weights, points.layout, metric, field) for point, weights in compared]
    competing = [(plain(point), offset) for point, offset in zip(points.weighed, points.each_offset, strict=True)]
    source, farthest = script or scripts.source("similarity"), points.join == "min"
    return [{"source": source, "params": _compared(p, field, farthest=farthest)} for p in chunked(competing, _POINTS)]


def _compared(points: Sequence[tuple[list[float], float]], field: str, *, farthest: bool) -> dict[str, Any]:
    (first, offset), *others = points
    params: dict[str, Any] = {"query": first, "field": field}
    if others:
        for number, (point, another) in enumerate(others, 2):
            params |= {f"query{number}": point, f"offset{number}": another}
        params |= {"offset": offset, "points": len(points), "farthest": farthest}
    elif offset:
        params["offset"] = offset
    return params


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
