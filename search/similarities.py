"""How similar each product of a page is to the anchors, and what the similarity comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from es_mappings.anchors import QueryPoints
from es_mappings.attributes import attribute_key
from es_mappings.calibration import MatchCurve
from es_mappings.explain import shared_attributes, why
from es_mappings.planner import Plan
from es_mappings.results import Hit, Result
from es_mappings.strategies import knn_score, knn_similarity
from indexer.elastic.client import vector
from search.anchors import category_of
from search.resolved import ResolvedSearch
from search.text_queries import LEAST_SIMILARITY


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
    if not (curve := match_curve(search)):
        return by_hit
    return [replace(m, percent=curve.percent(m.similarity)) if m.similarity else m for m in by_hit]


def match_curve(search: ResolvedSearch) -> MatchCurve | None:
    """Return the curve from a listing's similarities to match percentages; None if there is no calibration for them.

    Each listing has one, for its weights and the categories of its likes, so that the order by match is that by
    similarity.
    """
    calibration, points = search.meaning.calibration, search.points
    if not calibration or points is None or search.parameters.metric != "cosine":
        return None
    # The curves were fitted to pairs of products: words resemble no picture as much as another picture does.
    likes = [anchor for anchor in search.anchors.usable if anchor.weight > 0 and not anchor.is_text]
    if not likes:
        return None
    of_likes = (category_of(search.anchors.products[like.id]) for like in likes)
    categories = [path for path in of_likes if path] or [search.parameters.category]
    compared = [points.layout.shares(v, w) for v, w in zip(points.vectors, points.weights, strict=True)]
    mean = {name: sum(shares.get(name, 0.0) for shares in compared) / len(compared) for name in points.layout.names}
    return calibration.curve(categories, mean)


def least_similarity(search: ResolvedSearch) -> float | None:
    """Return the least similarity that `min_match` allows, or None if there is no limit."""
    percent = search.parameters.min_match
    if search.fallback == "meaning":
        return LEAST_SIMILARITY
    if search.points is None or not percent:
        return None
    curve = match_curve(search)
    return curve.similarity(percent) if curve else percent / 100


def least_score(search: ResolvedSearch, plan: Plan) -> float | None:
    """Return the least score that `min_match` allows under a plan, or None if there is no limit."""
    least = least_similarity(search)
    return knn_score(least) if least is not None and plan.strategy == "knn" else least


def _match(hit: Hit, search: ResolvedSearch, points: QueryPoints, plan: Plan) -> Match:
    parameters = search.parameters
    if not search.needs_vectors:
        score = hit.score or 0.0
        return Match(knn_similarity(score) if plan.strategy == "knn" else score)
    if hit.vector is None:
        return Match(0.0)
    # With another metric the score itself is the similarity.
    by_score = parameters.metric != "cosine" and not parameters.relevance
    if by_score:
        return _explained(hit, search, points, min(hit.score or 0.0, 1.0))
    return _explained(hit, search, points, points.similarity(vector(hit.vector)))


def pinned_match(hit: Hit, search: ResolvedSearch) -> Match:
    """Return the match of a pinned product, which has no score."""
    if search.points is None:
        return Match()
    if hit.vector is None:
        return Match(0.0)
    match = _explained(hit, search, search.points, search.points.similarity(vector(hit.vector)))
    curve = match_curve(search)
    return replace(match, percent=curve.percent(match.similarity)) if curve and match.similarity else match


def _explained(hit: Hit, search: ResolvedSearch, points: QueryPoints, similarity: float) -> Match:
    if not search.parameters.explain:
        return Match(similarity)
    anchors = search.anchors
    liked = [anchors.products[a.id] for a in anchors.usable if a.weight > 0]
    reasons = why(vector(hit.vector or []), points, anchors.usable)
    exchanged = [attribute_key(name, value) for name, value in anchors.exchanged]
    shared = shared_attributes(hit.product, liked)
    return Match(similarity, why={**reasons, "shared": shared, **({"exchanged": exchanged} if exchanged else {})})
