"""Choose the strategy that serves a search by the number of its matches."""

from __future__ import annotations

from es_mappings import planner, queries
from es_mappings.planner import Plan
from search.match_counts import MatchCounts
from search.resolved import ResolvedSearch


def plan_of(search: ResolvedSearch, counts: MatchCounts) -> Plan:
    """Choose the strategy of a listing, for all its pages."""
    parameters = search.parameters
    if search.points is None:
        return planner.KEYWORDS
    if parameters.strategy == "exact":
        return queries.EXACT
    index, points = search.other_index, len(search.points.vectors)
    indexed = counts.indexed(index)
    thresholds = search.publication.configuration.planned(search.meaning.width)
    return planner.plan(
        # In a small shop every product can be compared anyway.
        matched=indexed if indexed <= thresholds.exact_up_to(points) else counts.known(search.query, index),
        indexed=indexed,
        mode=parameters.mode,
        points=points,
        metric=parameters.metric,
        rescore=parameters.strategy == "rescore",
        any_image=parameters.images == "any",
        relevance=parameters.relevance > 0,
        by_vectors=not search.is_scored_otherwise,
        thresholds=thresholds,
    )
