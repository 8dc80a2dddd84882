"""Build the request of one page from a resolved search. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from es_mappings import facets, queries
from es_mappings.facets import STYLES
from search import paging
from search.cursors import Position
from search.resolving import ResolvedSearch
from search.similarities import least_score


def page_request(search: ResolvedSearch, position: Position) -> dict[str, Any]:
    """Build the request of one page: hits, true total, facets, and vectors if matches are computed from them."""
    parameters, points = search.parameters, search.points
    filters = replace(search.filters, not_ids=search.hidden)
    query = queries.browse(search.keywords, filters)
    parts: dict[str, Any] = {"query": query}
    # Hits and counts leave out the same products: an anchor without a vector is neither compared with nor left out.
    excluded = [anchor.id for anchor in search.anchors.usable] if points else []
    if points is not None:
        parts = queries.sort_by_points(
            query,
            points,
            excluded,
            metric=parameters.metric,
            relevance=parameters.relevance,
            images=parameters.images,
            plan=position.plan,
        )
    return queries.search_page(
        parts,
        sort="relevance" if parameters.order == "similar" else parameters.order,
        page=paging.page_of(search, position),
        facets=facets.aggregations(search.keywords.clauses(), filters, excluded),
        vectors=points is not None and parameters.needs_vectors,
        group=parameters.group,
        min_score=least_score(search, position.plan),
    )


def without_facets(request: dict[str, Any]) -> dict[str, Any]:
    """Return a page's request without its facets, for an Elasticsearch that lacks the memory to count them.

    The count of styles stays: it is the total of a grouped listing.
    """
    kept = {name: counted for name, counted in request.get("aggs", {}).items() if name == STYLES}
    others = {name: part for name, part in request.items() if name != "aggs"}
    return others | ({"aggs": kept} if kept else {})
