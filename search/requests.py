"""Build the requests of one page from a resolved search: its hits, and its counts. Pure."""

from __future__ import annotations

from typing import Any

from es_mappings import counts, facets, left_out, queries, strategies
from es_mappings.effects import boosted
from es_mappings.facets import STYLES
from es_mappings.queries import Query
from es_mappings.strategies import knn_similarity
from search import paging
from search.cursors import Position
from search.pinning import ids_of
from search.resolved import ResolvedSearch
from search.similarities import least_score, least_similarity

_ROUNDING = 1e-4  # by which the scores of a product by kNN and by script may differ, with a margin


def page_request(search: ResolvedSearch, position: Position) -> dict[str, Any]:
    """Build the request of a page's hits; vectors are included if matches are computed from them."""
    parameters, points = search.parameters, search.points
    if points is None:
        parts: dict[str, Any] = {"query": queries.without(search.query, search.unlisted, search.pinned_styles)}
    else:
        parts = queries.sort_by_points(
            search.query,
            points,
            search.unlisted,
            [*_shown(search, position), *search.pinned_styles],
            metric=parameters.metric,
            relevance=parameters.relevance,
            images=parameters.images,
            plan=position.plan,
            script=search.script,
        )
    least = least_score(search, position.plan)
    if search.boosts and parameters.order in ("similar", "relevance"):
        parts, least = _boosted(parts, search, least), None
    return queries.search_page(
        parts,
        sort="relevance" if parameters.order == "similar" else parameters.order,
        page=paging.page_of(search, position),
        vectors=search.needs_vectors,
        group=parameters.group,
        min_score=least,
        counted=False,
    )


def count_request(search: ResolvedSearch, *, with_facets: bool = True) -> dict[str, Any]:
    """Build the request that counts all matches.

    It is the same for all likes, and the excluded are subtracted from its answer. Where counts can't be subtracted
    (`are_subtracted`), it leaves the excluded out itself. Hits and counts leave out the same products.
    """
    group, query = search.parameters.group, search.query

    def counted(**excluded: Any) -> dict[str, Any]:
        return facets.aggregations(search.keywords.clauses(), search.filters, **excluded) if with_facets else {}

    if are_subtracted(search):
        return counts.count_request(query, counted())
    within, least = queries.without(query, search.excluded), least_similarity(search)
    if search.points and least is not None:
        within = _or_pinned(strategies.exact(within, search.points, script=search.script), search)
    return counts.count_request(within, counted(excluded=search.excluded), group=group, min_score=least)


def excluded_request(search: ResolvedSearch, *, with_facets: bool = True) -> dict[str, Any] | None:
    """Build the request that reads the excluded, to subtract them; None where there is nothing to subtract."""
    if not (search.excluded and are_subtracted(search)):
        return None
    return left_out.request(search.excluded, search.keywords.clauses(), search.filters, with_facets=with_facets)


def are_subtracted(search: ResolvedSearch) -> bool:
    """Return whether the excluded can be subtracted from the counts: those of styles or close matches are no sums."""
    return not search.parameters.group and least_similarity(search) is None


def _boosted(parts: dict[str, Any], search: ResolvedSearch, least: float | None) -> dict[str, Any]:
    """Apply the boosts to what decides the order; the least score is one without them."""
    boosts = search.boosts
    if "rescore" in parts:
        rescored = parts["rescore"]["query"]
        rescored = {**rescored, "rescore_query": boosted(rescored["rescore_query"], boosts)}
        return {**parts, "rescore": {**parts["rescore"], "query": rescored}}
    query = parts["query"]
    if search.points is None and not search.keywords.text:  # nothing else scores, so boosts alone decide
        query = {"constant_score": {"filter": query}}
    if least is not None:
        query = {"function_score": {"query": query, "min_score": least}}
    return {**parts, "query": boosted(query, boosts)}


def _or_pinned(query: Query, search: ResolvedSearch) -> Query:
    """Let pinned products count, however similar they are."""
    if not search.pinned:
        return query
    every: Query = {"constant_score": {"filter": {"ids": {"values": ids_of(search.pinned)}}}}
    return {"dis_max": {"queries": [query, every]}}


def without_facets(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request of counts without its facets, for an Elasticsearch that lacks the memory to count them.

    The count of styles stays: it is the total of a grouped listing.
    """
    kept = {name: counted for name, counted in request.get("aggs", {}).items() if name == STYLES}
    others = {name: part for name, part in request.items() if name != "aggs"}
    return others | ({"aggs": kept} if kept else {})


def _shown(search: ResolvedSearch, position: Position) -> list[Query]:
    """Build the queries of what kNN has shown on earlier pages, as long as it can appear again."""
    if position.plan.strategy == "knn" and position.after and not search.parameters.group:  # groups go on by number
        # Its score may be lower by rounding the next time, so that it would come after itself.
        return [{"term": {"id": position.after[1]}}]
    neighbours = position.neighbours
    if neighbours is None or search.points is None:
        return []
    score, product_id, *_ = neighbours.last  # a point in time adds the number of the document
    # The least offset is missing in a score by kNN.
    lowest = knn_similarity(score) + min(search.points.each_offset) / 2
    if position.after and position.after[0] < lowest - _ROUNDING:
        return []
    nearest = strategies.knn(search.query, search.points, room=len(search.unlisted), **neighbours.plan.depth)
    return strategies.shown(nearest, score, product_id)
