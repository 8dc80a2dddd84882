"""Which part of a listing a page shows, and where the next page starts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from es_mappings.diversity import WINDOW, mmr
from es_mappings.planner import Plan
from es_mappings.queries import MAX_OFFSET, Page
from es_mappings.results import Result
from indexer.elastic.client import vector
from search.cursors import Neighbours, Position
from search.pinning import placed, rest_before
from search.resolved import ResolvedSearch
from search.similarities import Match, least_similarity, matches, pinned_match


def first_position(search: ResolvedSearch, listing: str, plan: Plan) -> Position:
    """Return where a listing begins, with all that its other pages must follow.

    Parameters
    ----------
    listing : str
        Fingerprint of the listing.
    """
    at, words = search.snapshot, search.keywords
    offsets = search.points.offsets if search.points else ()
    return Position(
        listing,
        plan,
        at.index,
        at.point_in_time,
        (),
        0,
        offsets=offsets,
        keywords=words.text if search.is_relaxed else "",
        minimum_should_match=words.minimum_should_match if search.is_relaxed else "",
        fallback=search.fallback,
        publication=search.publication.number,
        day=search.day,
        trial=search.publication.trial,
    )


def is_diverse(search: ResolvedSearch, position: Position) -> bool:
    """Return whether a page is among the first ones, which are reordered for diversity."""
    diverse = search.by_similarity and search.parameters.diversity > 0
    return diverse and _rest_before(search, position) < _window(search.parameters.size)


def resumed(position: Position, search: ResolvedSearch) -> Position:
    """Return how a page is served: as the one before, or by comparing every match where kNN doesn't reach."""
    size = search.parameters.size
    end = _window(size) if is_diverse(search, position) else position.offset + size
    return beyond(position, search) if position.plan.strategy == "knn" and end > position.plan.k else position


def beyond(position: Position, search: ResolvedSearch) -> Position:
    """Go on beyond the neighbours that kNN orders: with what it has not shown, in the exact order."""
    plan = Plan("exact", f"beyond the nearest {position.plan.k}, every match is compared")
    by_number = search.parameters.group or not position.after
    neighbours = None if by_number else Neighbours(position.plan, position.after)
    return replace(position, plan=plan, after=(), neighbours=neighbours)


def is_cut_short(result: Result, search: ResolvedSearch, position: Position) -> bool:
    """Return whether kNN has shown all its neighbours, but not all matches: few have a vector, or many one style."""
    page, parameters = page_of(search, position), search.parameters
    if position.plan.strategy != "knn" or len(result.hits) >= page.size:
        return False
    # All close matches are shown, unless some neighbours were variants of others.
    return parameters.group or least_similarity(search) is None


def page_of(search: ResolvedSearch, position: Position) -> Page:
    """Return what to request: the page, or all the first pages where they are reordered together."""
    size = search.parameters.size
    if is_diverse(search, position):
        return Page(_window(size))
    return Page(size, position.after or None, _rest_before(search, position))


def shown(received: Result, search: ResolvedSearch, position: Position) -> tuple[Result, list[Match], Position | None]:
    """Return what a page shows of Elasticsearch's answer, its matches, and where the next page starts."""
    page, by_hit = received, matches(received, search, position.plan)
    if is_diverse(search, position):
        page, by_hit = diversified(received, by_hit, search, position)
    page, by_hit, used = with_pinned(page, by_hit, search, position)
    return page, by_hit, next_position(received, page, used, search, position)


def diversified(
    result: Result, matches: list[Match], search: ResolvedSearch, position: Position
) -> tuple[Result, list[Match]]:
    """Reorder the first pages by maximal marginal relevance, and return the rest from the requested one on."""
    parameters, layout = search.parameters, search.meaning.layout
    # With roots as weights, the dot product of two vectors is the weighted mean of their cosines.
    roots = {aspect: weight**0.5 for aspect, weight in search.weights.items()}
    zeros = np.zeros(layout.dims, np.float32)
    weighed = [layout.weigh(vector(hit.vector), roots) if hit.vector else zeros for hit in result.hits]
    similarities = [match.similarity or 0.0 for match in matches]
    order = mmr(similarities, [v / (np.linalg.norm(v) or 1) for v in weighed], parameters.diversity)
    start = _rest_before(search, position)
    page = order[start : start + parameters.size]
    return replace(result, hits=[result.hits[i] for i in page]), [matches[i] for i in page]


def with_pinned(
    result: Result, matches: list[Match], search: ResolvedSearch, position: Position
) -> tuple[Result, list[Match], int]:
    """Put the pinned products of a listing in their places on a page.

    Returns
    -------
    tuple
        The page, its matches, and how many products of it aren't pinned.
    """
    if not search.pinned:
        return result, matches, len(result.hits)
    rest = list(zip(result.hits, matches, strict=True))
    pins = [(p, (replace(p.hit, rules=(p.rule,)), pinned_match(p.hit, search))) for p in search.pinned]
    page, used = placed(rest, pins, position.offset, search.parameters.size, result.total)
    return replace(result, hits=[hit for hit, _ in page]), [match for _, match in page], used


def next_position(
    received: Result, page: Result, used: int, search: ResolvedSearch, position: Position
) -> Position | None:
    """Return where the next page starts, or None after the last one.

    Parameters
    ----------
    received, page : Result
        Elasticsearch's answer, and what is on the page.
    used : int
        How many products of the page come from the answer, and aren't pinned.
    """
    parameters, offset = search.parameters, position.offset + len(page.hits)
    # Elasticsearch may return a new id of the point in time with each answer; the latest one counts.
    point = received.point_in_time or position.point_in_time
    following = replace(position, offset=offset, total=received.total, point_in_time=point)
    diverse = is_diverse(search, position)
    if diverse and _rest_before(search, following) < len(received.hits):
        return replace(following, after=())
    # A full page may be the last one; then the page after it is empty. Pins may leave less of the diverse pages for
    # the last one of these.
    is_last_diverse = diverse and bool(search.pinned) and len(received.hits) == _window(parameters.size)
    if len(page.hits) < parameters.size and not is_last_diverse:
        return None
    by_number = parameters.group or position.plan.strategy == "rescore"
    if by_number and offset + parameters.size > MAX_OFFSET:
        return None
    if diverse or used:
        return replace(following, after=tuple(received.hits[-1 if diverse else used - 1].sort))
    return following  # nothing but pins: the rest goes on where it stopped


def _rest_before(search: ResolvedSearch, position: Position) -> int:
    """Return how many products of the search itself, neither pinned nor interleaved ones, stand before a page."""
    return rest_before(search.pinned, position.offset, position.total) - len(search.shown)


def _window(size: int) -> int:
    """Return the window rounded up to whole pages."""
    return -(-WINDOW // size) * size
