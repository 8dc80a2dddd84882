"""The recommendation requests, and the products that must not be in their answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from es_mappings import planner, queries
from es_mappings.anchors import query_points
from es_mappings.product import LAYOUT
from es_mappings.recommendations import goes_with_weights, left_out, read_wanted, recommend
from es_mappings.results import Result
from indexer.checks import samples
from indexer.checks.requests import Case, Verify


def cases() -> Iterator[Case]:
    """Recommend by each strategy, with an owned product and an excluded category."""
    anchors, weights = samples.anchors(), goes_with_weights()
    owned = samples.PRODUCTS[2].id
    kind = "/".join(samples.PRODUCTS[3].category)
    points = query_points(anchors, "auto", weights, LAYOUT)
    excluded = [anchor.id for anchor in anchors]
    neighbours = replace(planner.Thresholds(), exact_matches=0)
    for plan in (queries.EXACT, planner.plan(matched=8, indexed=8, points=len(points.vectors), thresholds=neighbours)):
        request = recommend(points, excluded, left_out=left_out([owned], [kind]), plan=plan)
        yield Case(f"recommend() by {plan.strategy}", request, _without({owned, *excluded}, kind))
    together = [product.id for product in samples.PRODUCTS]
    yield Case("read_wanted()", read_wanted(together, left_out([owned], [kind])), _without({owned}, kind))


def _without(excluded: set[str], kind: str) -> Verify:
    def verify(result: Result) -> list[str]:
        products = {hit.product["id"]: hit.product for hit in result.hits}
        wrong = sorted(excluded & set(products)) + sorted(i for i, p in products.items() if kind in p["category_path"])
        sold_out = sorted(i for i, p in products.items() if p.get("in_stock") is False)
        return [f"recommends {i}, which it must not" for i in dict.fromkeys([*wrong, *sold_out])]

    return verify
