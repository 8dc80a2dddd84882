"""From what a shopper asks to the request that Elasticsearch gets. Pure functions; tests compare whole dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from es_mappings import strategies
from es_mappings.anchors import Anchor, Mode, QueryPoints, query_points
from es_mappings.attribute_facet import Attributes
from es_mappings.facets import FACETS, STYLES, Filters
from es_mappings.layout import Layout
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.strategies import Metric

Query = dict[str, Any]
Sort = Literal["relevance", "price", "-price", "newest"]
Images = Literal["primary", "any"]

# Where keywords are looked for, and how much a hit there counts. combined_fields takes the shopper's words as words:
# no operator, bracket or wildcard has a meaning, so there is no query syntax to break or abuse.
KEYWORD_FIELDS = ["title^4", "category^2", "brand.text^2", "facets.text", "description"]

# What a result list shows of each product: all it can be filtered by too, but vectors only where they are asked for.
CARD_FIELDS = ["id", "style", "title", "category", "currency", "images", "attributes", "effective", "predicted"]
CARD_FIELDS += ["embedding.*", *(facet.field for facet in FACETS if not isinstance(facet, Attributes))]

_ORDERS: dict[str, list[dict[str, Any]]] = {
    "relevance": [{"_score": "desc"}, {"id": "asc"}],
    "price": [{"price": {"order": "asc", "missing": "_last"}}, {"id": "asc"}],
    "-price": [{"price": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
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
        Products before this page. Used where there is no key to go on from: by the rescore strategy, and for groups.
    point_in_time : str or None
        Id of the point in time that all pages of a result share.
    """

    size: int = 24
    after: tuple[Any, ...] | None = None
    offset: int = 0
    point_in_time: str | None = None


def keywords(q: str | None) -> list[Query]:
    """Build the scoring clause for a shopper's keywords; none for none."""
    if not q:
        return []
    found = {"query": q, "fields": KEYWORD_FIELDS, "operator": "and", "zero_terms_query": "all"}
    return [{"combined_fields": found}]


def browse(q: str | None, filters: Filters) -> Query:
    """Build the query for keywords and filters alone; its score is keyword relevance."""
    clauses: Query = {"filter": filters.clauses()}
    if q:
        clauses["must"] = keywords(q)
    return {"bool": clauses}


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
    """Put the matches of any Elasticsearch query in the order of their similarity to the anchors.

    Parameters
    ----------
    query : dict
        Any Elasticsearch query. It alone decides what is in the result, but for the anchors, which leave it.
    anchors : sequence of Anchor
        Up to 50, at least one of positive weight.
    mode : {"blend", "every", "any", "auto"}
        How several anchors count: see `anchors.query_points`.
    weights : mapping of str to float
        How much each aspect counts; only their ratios matter. At least one must be above 0.
    metric : {"cosine", "euclidean", "manhattan"}
        How two products are compared; the exact strategy knows all three, the others the first.
    relevance : float
        Share of keyword relevance in the score, 0 (similarity alone) to 1.
    images : {"primary", "any"}
        Whether a product is compared by its first image or by whichever of its images is most similar.
    plan : Plan
        The strategy, as `planner.plan` chooses it.
    layout : Layout
        Where each aspect lies in the index's vectors.
    field : str
        The field that holds them: ``OBJECT.vector`` in an index that is attached.

    Returns
    -------
    dict
        Parts of a request: ``query``, and ``rescore`` where the strategy has one.

    Raises
    ------
    ValueError
        Nothing is liked, there are too many anchors, or the strategy can't serve the mode; or all images are to be
        compared in another field than ours.
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
    *,
    metric: Metric = "cosine",
    relevance: float = 0.0,
    images: Images = "primary",
    plan: Plan = EXACT,
    field: str = "vector",
) -> dict[str, Any]:
    """Put the matches of any query in the order of their similarity to query points, as `sort_by_similar` does.

    Parameters
    ----------
    points : QueryPoints
        What `anchors.query_points` made of the anchors.
    excluded : sequence of str
        Ids that leave the result: the anchors'.
    """
    others: Query = {"bool": {"must": [query], "must_not": [{"ids": {"values": list(excluded)}}]}}
    if plan.strategy == "rescore":
        return strategies.rescore_window(others, points, window=plan.window, field=field)
    if plan.strategy == "knn":
        similar = strategies.knn(
            others, points, k=plan.k, num_candidates=plan.num_candidates, oversample=plan.oversample, field=field
        )
    elif images == "any":
        if field != "vector":
            raise ValueError(f"only primary images are compared in {field}")
        similar = strategies.any_image(others, points)
    else:
        similar = strategies.exact(others, points, metric, field)
    return {"query": strategies.with_relevance(similar, others, relevance) if relevance else similar}


def search_page(
    parts: dict[str, Any],
    *,
    sort: Sort = "relevance",
    page: Page = Page(),
    facets: Query | None = None,
    vectors: bool = False,
    group: bool = False,
    min_score: float | None = None,
) -> dict[str, Any]:
    """Build the whole request of one page: products in order, true total, facets over all matches.

    Every order ends in the product's id, so that pages neither overlap nor leave a gap.

    Parameters
    ----------
    parts : dict
        ``{"query": ...}``, or what `sort_by_similar` gave; its order is ``relevance``, since its score is similarity.
    facets : dict, optional
        Aggregations, as `facets.aggregations` builds them.
    vectors : bool
        Whether each product comes with its vector, to explain its place.
    group : bool
        Whether variants of one style show as one product, the first of them in the order; pages are full all the same.
    min_score : float, optional
        Score below which nothing is in the result, its total and its facets.
    """
    request: dict[str, Any] = {**parts, "size": page.size, "track_total_hits": True, "_source": CARD_FIELDS}
    if "rescore" not in parts:  # which knows no order but its own
        request |= {"sort": _ORDERS[sort], "track_scores": True}
    if group:
        request["collapse"] = {"field": "style"}
        facets = {**(facets or {}), STYLES: {"cardinality": {"field": "style", "precision_threshold": 40_000}}}
    optional = {"aggs": facets, "min_score": min_score, "fields": ["vector"] if vectors else None}
    place = _place(page, by_number=group or "rescore" in parts)
    return request | place | {name: value for name, value in optional.items() if value}


def _place(page: Page, *, by_number: bool) -> dict[str, Any]:
    """Say where a page begins: by number where there is no key to go on from, else after a product."""
    place: dict[str, Any] = {}
    if by_number:
        place["from"] = page.offset
    elif page.after is not None:
        place["search_after"] = list(page.after)
    if page.point_in_time:
        place["pit"] = {"id": page.point_in_time, "keep_alive": KEEP_ALIVE}
    return place


# How far Elasticsearch pages by number.
MAX_OFFSET = 10_000

# How long the pages of a result stay what they were, counted from the last one asked for.
KEEP_ALIVE = "3m"
