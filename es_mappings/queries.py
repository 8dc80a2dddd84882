"""From what a shopper asks to the request that Elasticsearch gets. Pure functions; tests compare whole dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from es_mappings import strategies
from es_mappings.layout import Layout, Vector, unit
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.strategies import Mode

Query = dict[str, Any]
Sort = Literal["relevance", "price", "-price", "newest"]

# Where keywords are looked for, and how much a hit there counts. combined_fields takes the shopper's words as words:
# no operator, bracket or wildcard has a meaning, so there is no query syntax to break or abuse.
KEYWORD_FIELDS = ["title^4", "category^2", "brand.text^2", "facets.text", "description"]

# A dislike takes this share of what a like of the same weight gives (Rocchio's gamma against beta; Manning, Raghavan
# and Schütze, Introduction to Information Retrieval, 9.1.1, suggest 0.15 to 0.75).
DISLIKE_SHARE = 0.25

# How many values each facet counts. Attribute facets share one aggregation, so theirs is a number for all of them.
CATEGORY_COUNT, BRAND_COUNT, ATTRIBUTE_COUNT = 200, 50, 500

# What a result list shows of each product; vectors never leave Elasticsearch with it.
CARD_FIELDS = [
    "id",
    "title",
    "category",
    "category_path",
    "brand",
    "price",
    "currency",
    "in_stock",
    "images",
    "embedding.*",
]

_ORDERS: dict[str, list[dict[str, Any]]] = {
    "relevance": [{"_score": "desc"}, {"id": "asc"}],
    "price": [{"price": {"order": "asc", "missing": "_last"}}, {"id": "asc"}],
    "-price": [{"price": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
    "newest": [{"added_at": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
}


@dataclass(frozen=True)
class Filters:
    """What narrows a result without scoring it.

    Values of one attribute are alternatives (red or blue); different attributes must all hold (red and midi).
    """

    category: str | None = None  # a path, "Dresses/Midi dresses"
    brands: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    price_min: float | None = None
    price_max: float | None = None
    in_stock: bool | None = None


@dataclass(frozen=True)
class Anchor:
    """A product that a result is sorted by: liked (weight above 0) or disliked (below 0)."""

    id: str
    vector: Vector
    weight: float = 1.0


@dataclass(frozen=True)
class Page:
    """Which part of a result: how many products, after which one (the ``sort`` values of the last one shown)."""

    size: int = 24
    after: tuple[Any, ...] | None = None


def browse(q: str | None, filters: Filters) -> Query:
    """Build the query for keywords and filters alone; its score is keyword relevance."""
    clauses: Query = {"filter": _filter_clauses(filters)}
    if q:
        keywords = {"query": q, "fields": KEYWORD_FIELDS, "operator": "and", "zero_terms_query": "all"}
        clauses["must"] = [{"combined_fields": keywords}]
    return {"bool": clauses}


def sort_by_similar(
    query: Query,
    anchors: Sequence[Anchor],
    *,
    mode: Mode = "blend",
    weights: Mapping[str, float] = DEFAULT_WEIGHTS,
    layout: Layout = LAYOUT,
) -> Query:
    """Put the matches of any Elasticsearch query in the order of their similarity to the anchors.

    Parameters
    ----------
    query : dict
        Any Elasticsearch query. It alone decides what is in the result, but for the anchors, which leave it.
    anchors : sequence of Anchor
        At least one of positive weight.
    mode : {"blend", "every", "any"}
        ``blend`` scores by the weighted mean of the anchors, ``every`` by the least similar of the liked ones
        (features of all of them), ``any`` by the most similar one. Dislikes count in ``blend`` only.
    weights : mapping of str to float
        How much each aspect counts; only their ratios matter. At least one must be above 0.

    Returns
    -------
    dict
        A query whose score is the similarity, in [0, 1].
    """
    others = {"bool": {"must": [query], "must_not": [{"ids": {"values": [a.id for a in anchors]}}]}}
    liked = [a for a in anchors if a.weight > 0]
    points = [blend(anchors, layout)] if mode == "blend" or len(liked) == 1 else [a.vector for a in liked]
    mode = mode if len(points) > 1 else "blend"
    return strategies.exact(others, [layout.weigh(point, weights) for point in points], mode)


def blend(anchors: Sequence[Anchor], layout: Layout = LAYOUT) -> Vector:
    """Blend anchors into one vector, aspect by aspect, as Rocchio's formula does.

    Likes are averaged by weight; the average of the dislikes, times `DISLIKE_SHARE`, is taken away. An anchor that
    lacks an aspect has no say in it.

    Returns
    -------
    ndarray of float32, shape (layout.dims,)
        Every part a unit vector, or zeros where no anchor has the aspect.
    """
    parts = {}
    for aspect in layout.aspects:
        likes = _mean([(a.vector[aspect.part], a.weight) for a in anchors if a.weight > 0])
        dislikes = _mean([(a.vector[aspect.part], -a.weight) for a in anchors if a.weight < 0])
        parts[aspect.name] = unit(likes) - np.float32(DISLIKE_SHARE) * unit(dislikes)
    return layout.compose(parts)


def search_page(query: Query, *, sort: Sort = "relevance", page: Page = Page(), facets: bool = True) -> dict[str, Any]:
    """Build the whole request of one page: products in order, true total, facets over all matches.

    Every order ends in the product's id, so that pages neither overlap nor leave a gap. A query by `sort_by_similar`
    takes ``relevance``: its score is the similarity.
    """
    request: dict[str, Any] = {
        "query": query,
        "sort": _ORDERS[sort],
        "size": page.size,
        "track_total_hits": True,
        "track_scores": True,
        "_source": CARD_FIELDS,
    }
    if page.after is not None:
        request["search_after"] = list(page.after)
    if facets:
        request["aggs"] = facet_aggregations()
    return request


def facet_aggregations() -> dict[str, Any]:
    """Build the aggregations that count categories, brands, attribute values, stock and the span of prices."""
    return {
        "category": {"terms": {"field": "category_path", "size": CATEGORY_COUNT}},
        "brand": {"terms": {"field": "brand", "size": BRAND_COUNT}},
        "attributes": {"terms": {"field": "facets", "size": ATTRIBUTE_COUNT}},
        "in_stock": {"terms": {"field": "in_stock"}},
        "price": {"stats": {"field": "price"}},
    }


def attribute_key(name: str, value: object) -> str:
    """Write an attribute value as it stands in the ``facets`` field: ``name:value``, booleans as true and false."""
    return f"{name}:{str(value).lower() if isinstance(value, bool) else value}"


def _filter_clauses(filters: Filters) -> list[Query]:
    clauses: list[Query] = []
    if filters.category:
        clauses.append({"term": {"category_path": filters.category}})
    if filters.brands:
        clauses.append({"terms": {"brand": list(filters.brands)}})
    for name in dict.fromkeys(name for name, _ in filters.attributes):
        values = [attribute_key(name, value) for n, value in filters.attributes if n == name]
        clauses.append({"terms": {"facets": values}})
    bounds = {"gte": filters.price_min, "lte": filters.price_max}
    if any(bound is not None for bound in bounds.values()):
        clauses.append({"range": {"price": {k: bound for k, bound in bounds.items() if bound is not None}}})
    if filters.in_stock is not None:
        clauses.append({"term": {"in_stock": filters.in_stock}})
    return clauses


def _mean(vectors: Sequence[tuple[Vector, float]]) -> Vector:
    """Average by weight, of those that are not zero (a zero part is an aspect the anchor lacks)."""
    present = [(v, w) for v, w in vectors if np.any(v)]
    if not present:
        return np.zeros(len(vectors[0][0]) if vectors else 1, np.float32)
    return np.asarray(np.average([v for v, _ in present], axis=0, weights=[w for _, w in present]), np.float32)
