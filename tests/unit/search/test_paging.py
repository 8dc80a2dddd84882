"""Where pages come from: kNN as deep as it orders, every match beyond."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from es_mappings.anchors import Anchor, query_points
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.results import Hit, Result
from search import paging
from search.cursors import Neighbours, Position
from search.parameters import SearchParameters
from search.requests import page_request
from search.resolved import ResolvedSearch
from webapp.services.resilience import empty_listing

KNN = Plan("knn", "many", 240, 240, 1.5)
START = Position("listing", KNN, "shop-1", "point", (), 0)
LAST = (1.5, "m", 7)


def _search(**parameters: Any) -> ResolvedSearch:
    search = empty_listing(SearchParameters(like=("a",), sort="similar", **parameters)).search
    liked = Anchor("a", LAYOUT.compose({a.name: np.ones(a.dims, np.float32) for a in LAYOUT.aspects}))
    return replace(search, points=query_points([liked], "blend", DEFAULT_WEIGHTS, LAYOUT))


@pytest.mark.parametrize(
    ("size", "offset", "strategy"), [(24, 0, "knn"), (24, 216, "knn"), (24, 217, "exact"), (100, 200, "exact")]
)
def test_pages_that_neighbours_do_not_fill_compare_every_match(size: int, offset: int, strategy: str) -> None:
    position = replace(START, offset=offset, after=LAST if offset else ())
    resumed = paging.resumed(position, _search(size=size))
    assert resumed.plan.strategy == strategy
    assert resumed.neighbours == (Neighbours(KNN, LAST) if strategy == "exact" else None)


def test_what_neighbours_have_shown_is_left_out_until_the_exact_order_has_passed_it() -> None:
    def left_out(position: Position) -> int:
        query = page_request(_search(), position)["query"]["script_score"]["query"]
        return len(query["bool"]["must_not"]) if "bool" in query and "must_not" in query["bool"] else 0

    first = paging.resumed(replace(START, offset=240, after=LAST), _search())
    assert first.after == ()  # the exact order begins anew: it first has what the neighbours missed
    assert left_out(first) == 2
    assert left_out(replace(first, after=(0.75, "m"))) == 2
    assert left_out(replace(first, after=(0.7, "z"))) == 0


def test_a_page_of_neighbours_does_not_begin_with_the_last_one_of_the_page_before() -> None:
    second = replace(START, offset=24, after=LAST)
    assert page_request(_search(), second)["query"]["bool"]["must_not"] == [{"term": {"id": "m"}}]
    assert "bool" not in page_request(_search(), START)["query"]
    assert "bool" not in page_request(_search(group=True), second)["query"]  # goes on by number


def test_pages_by_number_go_on_by_number() -> None:
    resumed = paging.resumed(replace(START, offset=240, after=LAST), _search(group=True))
    assert (resumed.plan.strategy, resumed.offset, resumed.neighbours) == ("exact", 240, None)


@pytest.mark.parametrize(
    ("hits", "parameters", "cut_short"),
    [
        (24, {}, False),
        (23, {}, True),  # other matches have no vector
        (23, {"min_match": 50}, False),  # the others are no close matches
        (23, {"min_match": 50, "group": True}, True),  # some neighbours were variants
    ],
)
def test_a_page_that_is_not_full_is_the_last_or_cut_short(hits: int, parameters: Any, cut_short: bool) -> None:
    result = Result(0, [Hit({"id": str(n)}, 1.0, []) for n in range(hits)], None, 1)
    assert paging.is_cut_short(result, _search(**parameters), START) is cut_short
    assert not paging.is_cut_short(result, _search(**parameters), replace(START, plan=Plan("exact", "few")))
