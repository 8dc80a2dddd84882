"""How similar each product of a page is to the anchors, and what the similarity comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from es_mappings.anchors import QueryPoints
from es_mappings.explain import shared_attributes, why
from es_mappings.planner import Plan
from es_mappings.results import Hit, Result
from es_mappings.strategies import knn_score, knn_similarity
from indexer.elastic.client import vector
from search.resolving import ResolvedSearch


@dataclass(frozen=True)
class Match:
    """How well a product matches the anchors.

    Attributes
    ----------
    similarity : float or None
        0 to 1; None if the listing isn't sorted by similarity.
    percent : int or None
        Calibrated match, 0 to 100; None without a calibration.
    why : dict or None
        What each aspect and anchor adds to the similarity, if `explain` is set.
    """

    similarity: float | None = None
    percent: int | None = None
    why: dict[str, Any] | None = None


def matches(result: Result, search: ResolvedSearch, plan: Plan) -> list[Match]:
    """Return the match of each hit, in order."""
    if search.points is None:
        return [Match() for _ in result.hits]
    by_hit = [_match(hit, search, search.points, plan) for hit in result.hits]
    calibration = search.meaning.calibration
    # The curve was fitted to cosines with the default weights: close enough for other weights, not for other metrics.
    if calibration is None or search.parameters.metric != "cosine":
        return by_hit
    return [replace(m, percent=calibration.percent(m.similarity)) if m.similarity else m for m in by_hit]


def least_score(search: ResolvedSearch, plan: Plan) -> float | None:
    """Return the least score that `min_match` allows under a plan, or None if there is no limit."""
    percent, calibration = search.parameters.min_match, search.meaning.calibration
    if search.points is None or not percent or plan.strategy == "keywords":
        return None
    least = calibration.similarity(percent) if calibration else percent / 100
    return knn_score(least) if plan.strategy == "knn" else least


def _match(hit: Hit, search: ResolvedSearch, points: QueryPoints, plan: Plan) -> Match:
    parameters = search.parameters
    if not parameters.needs_vectors:
        score = hit.score or 0.0
        if plan.strategy == "knn":
            # A score of 0 is of a product that kNN did not compare.
            return Match(knn_similarity(score) if score > 0 else None)
        return Match(score)
    if hit.vector is None:
        return Match(0.0)
    product = vector(hit.vector)
    # With another metric the score itself is the similarity.
    by_score = parameters.metric != "cosine" and not parameters.relevance
    similarity = hit.score or 0.0 if by_score else points.similarity(product)
    if not parameters.explain:
        return Match(similarity)
    anchors = search.anchors
    liked = [anchors.products[a.id] for a in anchors.usable if a.weight > 0]
    reasons = why(product, points, anchors.usable)
    return Match(similarity, why={**reasons, "shared": shared_attributes(hit.product, liked)})
