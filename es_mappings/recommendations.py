"""Rails of recommended products: those most similar to what a shopper likes and doesn't own yet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from es_mappings.anchors import QueryPoints
from es_mappings.layout import Layout
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.queries import EXACT, Page, Query, search_page, sort_by_points
from es_mappings.strategies import knn_score

# Products of different kinds go with each other by palette and texture, not by shape.
GOES_WITH = {"style": 0.6, "color": 0.4}

SIZE = 12  # products of a rail

_UNRELATED = 0.5  # similarity of products that have nothing to do with each other
_SOLD_OUT: Query = {"term": {"in_stock": False}}


def goes_with_weights(layout: Layout = LAYOUT) -> dict[str, float]:
    """Return the weights of a rail across kinds: `GOES_WITH`, as far as the layout has those aspects."""
    weights = {name: GOES_WITH.get(name, 0.0) for name in layout.names}
    return weights if any(weights.values()) else dict(DEFAULT_WEIGHTS)


def recommend(
    points: QueryPoints,
    anchors: Sequence[str],
    *,
    left_out: Sequence[Query] = (),
    category: str = "",
    plan: Plan = EXACT,
    size: int = SIZE,
) -> dict[str, Any]:
    """Build the request of one rail.

    Parameters
    ----------
    points : QueryPoints
        What the rail resembles.
    anchors : sequence of str
        Ids of what the points were made from; none of them is in the rail.
    left_out : sequence of dict
        Queries of what the rail is to leave out (`left_out`).
    category : str
        Path of the category that the rail is from; by default it is from the whole shop.
    plan : Plan
        The strategy, as `planner.plan` chooses it.

    Returns
    -------
    dict
        A whole request, vectors asked for: they show which anchor each product resembles. What is out of stock, or
        resembles nothing, is not in the rail.
    """
    clauses: Query = {"filter": [{"term": {"category_path": category}}]} if category else {}
    parts = sort_by_points({"bool": {**clauses, "must_not": [_SOLD_OUT, *left_out]}}, points, anchors, plan=plan)
    least = knn_score(_UNRELATED) if plan.strategy == "knn" else _UNRELATED
    return search_page(parts, page=Page(size), vectors=True, min_score=least)


def read_wanted(ids: Sequence[str], left_out: Sequence[Query]) -> dict[str, Any]:
    """Build the request that reads those of some products that a rail may show, with their vectors."""
    query = {"bool": {"filter": [{"ids": {"values": list(ids)}}], "must_not": [_SOLD_OUT, *left_out]}}
    return search_page({"query": query}, page=Page(len(ids)), vectors=True, counted=False)


def left_out(owned: Sequence[str] = (), categories: Sequence[str] = (), styles: Sequence[str] = ()) -> list[Query]:
    """Build the queries of what a rail leaves out.

    Parameters
    ----------
    owned : sequence of str
        Ids that are in the bag or were bought.
    categories : sequence of str
        Paths of categories that nothing in the rail belongs to.
    styles : sequence of str
        Styles that nothing in the rail is a variant of.
    """
    by_field = {"category_path": categories, "style": styles}
    ids: list[Query] = [{"ids": {"values": list(owned)}}] if owned else []
    return [*ids, *({"terms": {name: list(values)}} for name, values in by_field.items() if values)]
