"""Which part of a listing a page shows, and where the next page starts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from es_mappings.diversity import WINDOW, mmr
from es_mappings.queries import MAX_OFFSET, Page
from es_mappings.results import Result
from indexer.elastic.client import vector
from search.cursors import Position
from search.resolving import ResolvedSearch
from search.similarities import Match


def is_diverse(search: ResolvedSearch, position: Position) -> bool:
    """Return whether a page is among the first ones, which are reordered for diversity."""
    diverse = search.by_similarity and search.parameters.diversity > 0
    return diverse and position.offset < _window(search.parameters.size)


def page_of(search: ResolvedSearch, position: Position) -> Page:
    """Return what to request: the page, or all the first pages where they are reordered together."""
    size = search.parameters.size
    if is_diverse(search, position):
        return Page(_window(size), point_in_time=position.point_in_time)
    return Page(size, position.after or None, position.offset, position.point_in_time)


def diversified(
    result: Result, matches: list[Match], search: ResolvedSearch, position: Position
) -> tuple[Result, list[Match]]:
    """Reorder the first pages by maximal marginal relevance, and return the requested one."""
    parameters, layout = search.parameters, search.meaning.layout
    # With roots as weights, the dot product of two vectors is the weighted mean of their cosines.
    roots = {aspect: weight**0.5 for aspect, weight in search.weights.items()}
    zeros = np.zeros(layout.dims, np.float32)
    weighed = [layout.weigh(vector(hit.vector), roots) if hit.vector else zeros for hit in result.hits]
    similarities = [match.similarity or 0.0 for match in matches]
    order = mmr(similarities, [v / (np.linalg.norm(v) or 1) for v in weighed], parameters.diversity)
    page = order[position.offset : position.offset + parameters.size]
    return replace(result, hits=[result.hits[i] for i in page]), [matches[i] for i in page]


def next_position(received: Result, page: Result, search: ResolvedSearch, position: Position) -> Position | None:
    """Return where the next page starts, or None after the last one.

    Parameters
    ----------
    received, page : Result
        Elasticsearch's answer, and the part of it that is on the page.
    """
    parameters, offset = search.parameters, position.offset + len(page.hits)
    # Elasticsearch may return a new id of the point in time with each answer; the latest one counts.
    following = replace(position, offset=offset, point_in_time=received.point_in_time or position.point_in_time)
    if is_diverse(search, position) and offset < len(received.hits):
        return replace(following, after=())
    # A full page may be the last one; then the page after it is empty.
    if len(page.hits) < parameters.size:
        return None
    by_number = parameters.group or position.plan.strategy == "rescore"
    if by_number and offset + parameters.size > MAX_OFFSET:
        return None
    return replace(following, after=tuple(received.hits[-1].sort))


def _window(size: int) -> int:
    """Return the window rounded up to whole pages."""
    return -(-WINDOW // size) * size
