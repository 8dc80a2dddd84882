"""Build the requests to Elasticsearch from what a shopper asks for. Pure functions; tests compare whole dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from es_mappings import strategies
from es_mappings.anchors import Anchor, Mode, QueryPoints, query_points
from es_mappings.attribute_facet import Attributes
from es_mappings.facets import COUNT_STYLES, FACETS, Filters
from es_mappings.keywords import Keywords
from es_mappings.layout import Layout
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.strategies import Metric

Query = dict[str, Any]
Sort = Literal["relevance", "price", "-price", "newest"]
Images = Literal["primary", "any"]

# The fields of each product in a result: what it shows and can be filtered by. Vectors are read only on request.
CARD_FIELDS = ["id", "style", "title", "category", "images", "attributes", "effective", "predicted"]
CARD_FIELDS += ["embedding.*", *(facet.field for facet in FACETS if not isinstance(facet, Attributes))]

_CURRENCIES = {"currency": {"order": "asc", "missing": "_last"}}
_ORDERS: dict[str, list[dict[str, Any]]] = {
    "relevance": [{"_score": "desc"}, {"id": "asc"}],
    # One currency after the other: their numbers aren't comparable.
    "price": [_CURRENCIES, {"price": {"order": "asc", "missing": "_last"}}, {"id": "asc"}],
    "-price": [_CURRENCIES, {"price": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
    "newest": [{"added_at": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
}

EXACT = Plan("exact", "asked for")


@dataclass(frozen=True)
class Page:
    """Which part of a result: how many products, and after which one.

    Attributes
    ----------
    size : int
        Products on the page.
    after : tuple or None
        The ``sort`` values of the last product of the page before; None for the first page.
    offset : int
        Products before this page. Used instead of `after` by the rescore strategy and for grouped results.
    point_in_time : str or None
        Id of the point in time that all pages of a result share.
    """

    size: int = 24
    after: tuple[Any, ...] | None = None
    offset: int = 0
    point_in_time: str | None = None


def browse(keywords: Keywords | None, filters: Filters) -> Query:
    """Build the query of keywords and filters alone; its score is keyword relevance."""
    clauses: Query = {"filter": filters.clauses()}
    if keywords and keywords.text:
        clauses["must"] = keywords.clauses()
    return {"bool": clauses}


def by_ids(ids: Sequence[str]) -> dict[str, Any]:
    """Build the request that reads products by id, with their vectors and versions, from a point in time."""
    return {**versions(ids), "_source": {"exclude_vectors": False}}


def versions(ids: Sequence[str]) -> dict[str, Any]:
    """Build the request that reads which version of each product a point in time has."""
    return {
        "query": {"ids": {"values": list(ids)}},
        "size": len(ids),
        "track_total_hits": False,
        "seq_no_primary_term": True,
        "_source": False,
    }


def sort_by_similar(
    query: Query,
    anchors: Sequence[Anchor],
    *,
    mode: Mode = "blend",
    weights: Mapping[str, float] = DEFAULT_WEIGHTS,
    metric: Metric = "cosine",
    relevance: float = 0.0,
    images: Images = "primary",
    plan: Plan = EXACT,
    layout: Layout = LAYOUT,
    field: str = "vector",
) -> dict[str, Any]:
    """Sort the matches of any Elasticsearch query by their similarity to the anchors.

    Parameters
    ----------
    query : dict
        Any Elasticsearch query. It alone decides what is in the result, except that anchors are left out.
    anchors : sequence of Anchor
        Up to 50, at least one of positive weight.
    mode : {"blend", "every", "any", "auto"}
        How several anchors count: see `anchors.query_points`.
    weights : mapping of str to float
        How much each aspect counts; only their ratios matter. At least one must be above 0.
    metric : {"cosine", "euclidean", "manhattan"}
        How two products are compared; the exact strategy has all three, the others only the first.
    relevance : float
        Share of keyword relevance in the score, 0 (similarity alone) to 1.
    images : {"primary", "any"}
        Whether a product is compared by its first image or by the most similar of all its images.
    plan : Plan
        The strategy, as `planner.plan` chooses it.
    layout : Layout
        Where each aspect lies in the index's vectors.
    field : str
        The field that holds them: ``OBJECT.vector`` in an attached index.

    Returns
    -------
    dict
        Parts of a request: ``query``, and ``rescore`` if the strategy has one.

    Raises
    ------
    ValueError
        No anchor is liked, there are too many anchors, the strategy can't serve the mode, or all images are to be
        compared in an attached index.
    """
    points = query_points(anchors, mode, weights, layout)
    return sort_by_points(
        query,
        points,
        [anchor.id for anchor in anchors],
        metric=metric,
        relevance=relevance,
        images=images,
        plan=plan,
        field=field,
    )


def sort_by_points(
    query: Query,
    points: QueryPoints,
    excluded: Sequence[str] = (),
    shown: Sequence[Query] = (),
    *,
    metric: Metric = "cosine",
    relevance: float = 0.0,
    images: Images = "primary",
    plan: Plan = EXACT,
    field: str = "vector",
    script: str = "",
) -> dict[str, Any]:
    """Sort the matches of any query by their similarity to query points, as `sort_by_similar` does.

    Parameters
    ----------
    points : QueryPoints
        Made from the anchors by `anchors.query_points`.
    excluded : sequence of str
        Ids to leave out of the result: the anchors'.
    shown : sequence of dict
        Queries of what else to leave out, which earlier pages have shown (`strategies.shown`).
    script : str
        Painless to score by, instead of ``painless/similarity.painless``; kNN doesn't know it.
    """
    others = without(query, excluded, shown)
    if plan.strategy == "rescore":
        return strategies.rescore_window(others, points, window=plan.window, field=field, script=script)
    if plan.strategy == "knn":
        # The filter doesn't name the excluded, so that Elasticsearch's cache of filters serves all anchors.
        nearest = strategies.knn(query, points, room=len(excluded), field=field, **plan.depth)
        similar = without(nearest, excluded, shown)
    elif images == "any":
        if field != "vector":
            raise ValueError(f"only primary images are compared in {field}")
        similar = strategies.any_image(others, points, script)
    else:
        similar = strategies.exact(others, points, metric, field, script)
    return {"query": strategies.with_relevance(similar, others, relevance) if relevance else similar}


def without(query: Query, excluded: Sequence[str], shown: Sequence[Query] = ()) -> Query:
    """Leave products out of a query: ids, and what other queries match."""
    ids: list[Query] = [{"ids": {"values": list(excluded)}}] if excluded else []
    return {"bool": {"must": [query], "must_not": [*ids, *shown]}} if ids or shown else query


def search_page(
    parts: dict[str, Any],
    *,
    sort: Sort = "relevance",
    page: Page = Page(),
    facets: Query | None = None,
    vectors: bool = False,
    group: bool = False,
    min_score: float | None = None,
    counted: bool = True,
) -> dict[str, Any]:
    """Build the complete request of a page: sorted products, true total, facets over all matches.

    Every order ends with the product's id, so that pages neither overlap nor leave gaps.

    Parameters
    ----------
    parts : dict
        ``{"query": ...}``, or from `sort_by_similar`, which needs the order ``relevance``: its score is similarity.
    facets : dict, optional
        Aggregations, as `facets.aggregations` builds them.
    vectors : bool
        Whether to read each product's vector, to explain its position.
    group : bool
        Whether variants of one style appear as one product, the first of them in the order; pages stay full.
    min_score : float, optional
        Score below which products are left out of the result, its total and its facets.
    counted : bool
        Whether to count the total; by kNN it would be that of the neighbours.
    """
    request: dict[str, Any] = {**parts, "size": page.size, "track_total_hits": counted, "_source": CARD_FIELDS}
    if "rescore" not in parts:  # which allows no other order than its own
        request |= {"sort": _ORDERS[sort], "track_scores": True}
    if group:
        request["collapse"] = {"field": "style"}
        facets = {**(facets or {}), **(COUNT_STYLES if counted else {})}
    optional = {"aggs": facets, "min_score": min_score, "fields": ["vector"] if vectors else None}
    start = _start(page, by_offset=group or "rescore" in parts)
    return request | start | {name: value for name, value in optional.items() if value}


def _start(page: Page, *, by_offset: bool) -> dict[str, Any]:
    """Build the part of a request that says where its page starts: at an offset, or after a product."""
    start: dict[str, Any] = {}
    if by_offset:
        start["from"] = page.offset
    elif page.after is not None:
        start["search_after"] = list(page.after)
    if page.point_in_time:
        start["pit"] = {"id": page.point_in_time, "keep_alive": KEEP_ALIVE}
    return start


# The greatest offset that Elasticsearch pages to.
MAX_OFFSET = 10_000

# How long the point in time of a result stays open after the last page requested.
KEEP_ALIVE = "3m"
