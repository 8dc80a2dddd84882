"""Choose the strategy that serves a search by the number of its matches."""

from __future__ import annotations

from es_mappings import planner, queries
from es_mappings.planner import Plan
from search.match_counts import MatchCounts
from search.resolving import ResolvedSearch


def plan_of(search: ResolvedSearch, counts: MatchCounts) -> Plan:
    """Choose the strategy of a listing, for all its pages."""
    parameters = search.parameters
    if search.points is None:
        return planner.KEYWORDS
    if parameters.strategy == "exact":
        return queries.EXACT
    indexed = counts.indexed()
    # A small shop needs no second count: every product can be compared anyway.
    small = indexed <= planner.Thresholds().exact_matches
    return planner.plan(
        matched=indexed if small else counts.matched(search.query),
        indexed=indexed,
        mode=parameters.mode,
        points=len(search.points.vectors),
        metric=parameters.metric,
        rescore=parameters.strategy == "rescore",
        any_image=parameters.images == "any",
    )
