from types import SimpleNamespace
from typing import Any

import pytest

from es_mappings.configuration import Configuration
from indexer.relevance.query_sets import SavedQuery, of_words
from indexer.relevance.versions import Publication
from search.comparison import Move, PageSummary, compare_queries, compare_query, compare_rows, searches_of
from search.errors import ParameterError
from search.parameters import SearchParameters

BEFORE, AFTER = (Publication(configuration=Configuration(name=name)) for name in ("before", "after"))
PAGES = {
    ("dress", "before"): ["a", "b", "c"],
    ("dress", "after"): ["b", "a", "d"],
    ("coat", "before"): ["x", "y"],
    ("coat", "after"): ["x", "y"],
    ("hat", "before"): ["h"],
    ("hat", "after"): [],
}


def listing(*ids: str) -> Any:
    """Return what is compared of a listing of these products."""
    hits = [SimpleNamespace(product={"id": product_id}) for product_id in ids]
    result = SimpleNamespace(hits=hits, total=len(hits), took_ms=1)
    return SimpleNamespace(result=result, plan=SimpleNamespace(strategy="keywords"))


def _search(parameters: SearchParameters, publication: Publication) -> Any:
    return listing(*PAGES[parameters.q, publication.configuration.name])


def test_every_product_says_what_happened_to_it() -> None:
    compared = compare_query(_search, SearchParameters(q="dress"), BEFORE, AFTER)
    assert compared.moves == [Move("b", 2, 1), Move("a", 1, 2), Move("d", None, 3), Move("c", 3, None)]
    assert [move.change for move in compared.moves] == ["up", "down", "new", "gone"]
    assert compared.overlap == 0.5


def test_the_biggest_change_comes_first() -> None:
    compared = compare_queries(_search, of_words(["coat", "dress", "hat"]), BEFORE, AFTER)
    assert [query.query for query in compared.queries] == ["hat", "dress", "coat"]
    assert compared.totals_changed == 1
    overlap = compared.overlap
    assert overlap.mean == pytest.approx((1 + 0.5 + 0) / 3)
    assert overlap.low <= overlap.mean <= overlap.high
    assert compared.judged is None


def test_judgements_say_which_is_better() -> None:
    grades = {"q=dress": {"b": 3, "a": 0}, "q=coat": {"x": 3}}
    compared = compare_queries(_search, of_words(["dress", "coat", "hat"]), BEFORE, AFTER, grades)
    scores = {query.query: query.scores for query in compared.queries}
    assert scores["coat"] == (1.0, 1.0)
    assert scores["hat"] is None
    assert scores["dress"]
    assert scores["dress"][0] < scores["dress"][1] == 1.0
    assert compared.judged
    assert compared.judged.difference > 0


def test_too_many_queries_and_a_wrong_one_are_refused() -> None:
    with pytest.raises(ParameterError, match="queries: 201 are more than 200"):
        compare_queries(_search, [SavedQuery(q="dress")] * 201, BEFORE, AFTER)
    with pytest.raises(ParameterError, match=r"queries: 'dress like=a\^0': like: .*weight"):
        compare_queries(_search, [SavedQuery(q="dress", like=("a^0",))], BEFORE, AFTER)


def test_each_query_is_searched_with_its_own_likes_and_filters_and_what_all_have_in_common() -> None:
    asked = []

    def search(parameters: SearchParameters, publication: Publication) -> Any:
        asked.append(parameters)
        return _search(parameters, publication)

    queries = [SavedQuery(q="dress", like=("a",), filter=("color:red",)), SavedQuery(q="coat")]
    compared = compare_queries(search, queries, BEFORE, AFTER, base=SearchParameters(size=12, filter=("size:M",)))
    assert {query.query for query in compared.queries} == {"dress like=a filter=color:red", "coat"}
    assert asked[0] == asked[1] == SearchParameters(q="dress", like=("a",), filter=("color:red",), size=12)
    assert asked[2] == SearchParameters(q="coat", filter=("size:M",), size=12)


def test_what_all_queries_have_in_common_may_be_a_default_that_was_chosen() -> None:
    (searched,) = searches_of(of_words(["dress"]), SearchParameters(q="coat", mode="auto"))
    assert searched.to_query() == [("q", "dress"), ("mode", "auto")]


def _page(*ids: str) -> PageSummary:
    return PageSummary(ids=ids, total=len(ids), strategy="keywords", took_ms=1)


def test_each_other_configuration_is_compared_with_the_first() -> None:
    rows = [("dress", (_page("a", "b"), _page("b", "a"), _page("c"))), ("coat", (_page("x"), _page("x"), _page()))]
    second, third = compare_rows(rows, {"q=dress": {"b": 3}})
    assert [query.query for query in second.queries] == ["dress", "coat"]  # as they were sent
    assert [query.overlap for query in second.queries] == [1.0, 1.0]
    assert [query.overlap for query in third.queries] == [0.0, 0.0]
    scores = second.queries[0].scores
    assert scores
    assert scores[0] < scores[1] == 1.0
    assert third.queries[0].scores == (scores[0], 0.0)
    assert second.judged is None  # one judged query is no sample
    assert [query.query for query in third.by_change.queries] == ["dress", "coat"]
