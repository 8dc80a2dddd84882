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

_UNRELATED = 0.5  # similarity of products that have nothing to do with each other


def goes_with_weights(layout: Layout = LAYOUT) -> dict[str, float]:
    """Return the weights of a rail across kinds: `GOES_WITH`, as far as the layout has those aspects."""
    weights = {name: GOES_WITH.get(name, 0.0) for name in layout.names}
    return weights if any(weights.values()) else dict(DEFAULT_WEIGHTS)


def recommend(
    points: QueryPoints,
    anchors: Sequence[str],
    *,
    owned: Sequence[str] = (),
    other_than: Sequence[str] = (),
    plan: Plan = EXACT,
    size: int = 12,
) -> dict[str, Any]:
    """Build the request of one rail.

    Parameters
    ----------
    points : QueryPoints
        What the rail resembles.
    anchors : sequence of str
        Ids of what the points were made from; none of them is in the rail.
    owned : sequence of str
        Ids that are in the bag or were bought.
    other_than : sequence of str
        Category paths that nothing in the rail belongs to.
    plan : Plan
        The strategy, as `planner.plan` chooses it.

    Returns
    -------
    dict
        A whole request, vectors asked for: they show which anchor each product resembles. What is out of stock, or
        resembles nothing, is not in the rail.
    """
    unwanted: list[Query] = [{"term": {"in_stock": False}}]
    if owned:
        unwanted.append({"ids": {"values": list(owned)}})
    if other_than:
        unwanted.append({"terms": {"category_path": list(other_than)}})
    parts = sort_by_points({"bool": {"must_not": unwanted}}, points, anchors, plan=plan)
    least = knn_score(_UNRELATED) if plan.strategy == "knn" else _UNRELATED
    return search_page(parts, page=Page(size), vectors=True, min_score=least)
