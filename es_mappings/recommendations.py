"""Rails of recommended products: `sort_by_similar` over what a shopper doesn't have yet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_mappings.anchors import Anchor, Mode
from es_mappings.layout import Layout
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.queries import EXACT, Page, Query, search_page, sort_by_similar
from es_mappings.strategies import knn_score

# What makes two products of different kinds go with each other: their palette and texture, not their shape.
GOES_WITH = {"style": 0.6, "color": 0.4}

_UNRELATED = 0.5  # similarity of products that have nothing to do with each other


def goes_with_weights(layout: Layout = LAYOUT) -> dict[str, float]:
    """Return the weights of a rail across kinds: `GOES_WITH`, as far as the layout has those aspects."""
    weights = {name: GOES_WITH.get(name, 0.0) for name in layout.names}
    return weights if any(weights.values()) else dict(DEFAULT_WEIGHTS)


def recommend(
    anchors: Sequence[Anchor],
    *,
    owned: Sequence[str] = (),
    other_than: Sequence[str] = (),
    weights: Mapping[str, float] = DEFAULT_WEIGHTS,
    mode: Mode = "auto",
    plan: Plan = EXACT,
    layout: Layout = LAYOUT,
    size: int = 12,
) -> dict[str, Any]:
    """Build the request of one rail.

    Parameters
    ----------
    anchors : sequence of Anchor
        What the rail resembles; none of them is in it.
    owned : sequence of str
        Ids that are in the bag or were bought.
    other_than : sequence of str
        Category paths that nothing in the rail belongs to.
    weights, mode, plan, layout
        As for `queries.sort_by_similar`.

    Returns
    -------
    dict
        A whole request, vectors asked for: they tell which anchor each product resembles. What is out of stock, or
        resembles nothing, is not in the rail.
    """
    unwanted: list[Query] = [{"term": {"in_stock": False}}]
    if owned:
        unwanted.append({"ids": {"values": list(owned)}})
    if other_than:
        unwanted.append({"terms": {"category_path": list(other_than)}})
    parts = sort_by_similar(
        {"bool": {"must_not": unwanted}}, anchors, mode=mode, weights=weights, plan=plan, layout=layout
    )
    least = knn_score(_UNRELATED) if plan.strategy == "knn" else _UNRELATED
    return search_page(parts, page=Page(size), vectors=True, min_score=least)
