"""Contenders that click through a shop as shoppers do, by the Navigation Service in this process."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from es_mappings.product import LAYOUT
from evaluation.clustered import WORD, category
from evaluation.contenders import Answer, Contender
from evaluation.workload import PAGE, Task
from search.listing import Listing
from search.navigation import Navigation
from search.parameters import SearchParameters
from search.syntax import write_anchor

RELEVANCE, FIRST = "by relevance, new filter", "by similarity, new filter"
LIKE, SLIDER, SECOND, THREE = "a like", "a slider moved", "page 2", "three likes"

_NEXT_SNAPSHOT_SECONDS = 1.1
_ABOVE_ALL_PRICES = 1_000_000


class NewFilters:
    """Filters that nobody has used before, though they leave nothing out."""

    def __init__(self) -> None:
        self._prices = itertools.count(_ABOVE_ALL_PRICES)

    def added_to(self, listing: SearchParameters) -> SearchParameters:
        """Return a listing with one."""
        return listing.model_copy(update={"price_max": float(next(self._prices))})


def contenders(navigation: Navigation, filters: NewFilters) -> dict[str, Contender]:
    """Return a contender for each kind of visit.

    All but the first two continue a visit: what came before isn't timed. Each is answered from a later snapshot, which
    some other shopper has opened, so that counts come from Elasticsearch's cache and not from this process's memory.
    """

    def relevance(task: Task) -> Callable[[], Answer]:
        return first_pages(navigation, filters, [task])[0]

    def first_page(task: Task) -> Callable[[], Answer]:
        _wait_for_next_snapshot(navigation)
        return partial(_listed, navigation, filters.added_to(parameters(task)))

    def like(task: Task) -> Callable[[], Answer]:
        return _after(navigation, _without_likes(parameters(task)), parameters(task))

    def slider(task: Task) -> Callable[[], Answer]:
        return _after(navigation, parameters(replace(task, weights=dict.fromkeys(LAYOUT.names, 1.0))), parameters(task))

    def second_page(task: Task) -> Callable[[], Answer]:
        first = navigation.listing(parameters(task))
        following = parameters(task).model_copy(update={"cursor": first.next_cursor or ""})
        shown = _answer(first).numbers

        def visit() -> Answer:
            second = _answer(navigation.listing(following))
            return Answer([*shown, *second.numbers][:PAGE], second.total)

        return visit

    return {RELEVANCE: relevance, FIRST: first_page, LIKE: like, SLIDER: slider, SECOND: second_page}


def parameters(task: Task) -> SearchParameters:
    """Return the parameters of a task's listing."""
    weights = tuple(f"{name}:{task.weights.get(name, 0.0):g}" for name in LAYOUT.names)
    likes = tuple(write_anchor(anchor.id) for anchor in task.anchors)
    return SearchParameters(q=WORD, category=task.category, like=likes, weight=weights, mode=task.mode, size=PAGE)


def with_offsets(navigation: Navigation, task: Task) -> Task:
    """Return a task with the offsets that bring its likes to one scale: what is nearest depends on them."""
    points = navigation.listing(parameters(task)).search.points
    return replace(task, offsets=points.offsets if points else ())


def first_pages(navigation: Navigation, filters: NewFilters, tasks: Sequence[Task]) -> list[Callable[[], Answer]]:
    """Return the page by relevance of each of many shoppers, each with a new filter."""
    listings = [filters.added_to(_without_likes(parameters(task))) for task in tasks]
    _wait_for_next_snapshot(navigation)
    return [partial(_listed, navigation, listing) for listing in listings]


def first_likes(navigation: Navigation, tasks: Sequence[Task]) -> list[Callable[[], Answer]]:
    """Return the like of each of many shoppers, who have seen their listings in an earlier snapshot."""
    for task in tasks:
        navigation.listing(_without_likes(parameters(task)))
    _wait_for_next_snapshot(navigation)
    return [partial(_listed, navigation, parameters(task)) for task in tasks]


def throughput(visits: Sequence[Callable[[], Any]], run: Callable[..., Any]) -> float:
    """Return how many visits a second ``run`` makes of them, such as the ``map`` of a pool of threads."""
    begun = time.monotonic()
    for _ in run(lambda visit: visit(), visits):
        pass
    return len(visits) / (time.monotonic() - begun)


def _after(navigation: Navigation, before: SearchParameters, now: SearchParameters) -> Callable[[], Answer]:
    navigation.listing(before)
    _wait_for_next_snapshot(navigation)
    return partial(_listed, navigation, now)


def _listed(navigation: Navigation, listing: SearchParameters) -> Answer:
    return _answer(navigation.listing(listing))


def _wait_for_next_snapshot(navigation: Navigation) -> None:
    """Wait until some other shopper has opened a later snapshot.

    Before each kind of visit: processors' caches cool while a machine waits, and what follows at once finds them warm.
    """
    time.sleep(_NEXT_SNAPSHOT_SECONDS)
    navigation.listing(SearchParameters(category=category(0.0), size=1))


def _without_likes(listing: SearchParameters) -> SearchParameters:
    return listing.model_copy(update={"like": (), "weight": ()})


def _answer(listing: Listing) -> Answer:
    return Answer([int(hit.product["id"]) for hit in listing.result.hits], listing.result.total)
