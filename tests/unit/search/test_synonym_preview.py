from collections.abc import Callable
from dataclasses import replace

import pytest

from es_mappings.results import Hit, Result
from indexer import deadlines
from indexer.relevance.query_sets import SavedQuery, of_words
from indexer.synonyms import Rule, parse_rules
from search.listing import Listing
from search.parameters import SearchParameters
from search.synonym_preview import MOST_SEARCHED, affected, effects
from search.synonyms import gather, wordings
from webapp.services.resilience import empty_listing

BEFORE = parse_rules(["tv, television"])
AFTER = [*BEFORE, Rule.parse("frock, dress")]
SHOP = {"dress": ["d1", "d2"], "frock": [], "tv": ["t"]}


def _by(rules: list[Rule], searched: list[str]) -> Callable[[SearchParameters], Listing]:
    """Return a search of a shop in which a product has one word."""

    def search(parameters: SearchParameters) -> Listing:
        searched.append(parameters.q)
        assert parameters.verbatim
        words = [parameters.q, *wordings(parameters.q, gather(rules))]
        found = [product for word in words for product in SHOP.get(word, [])]
        listing = empty_listing(parameters)
        return replace(listing, result=Result(len(found), [Hit({"id": i}, 1.0, []) for i in found], None, 1))

    return search


def test_only_what_is_searched_as_something_else_is_searched_for() -> None:
    searched: list[str] = []
    queries = of_words(["tv", "frock", "red dresses", "coat"])
    assert [q.q for q in affected(queries, BEFORE, AFTER)] == ["frock", "red dresses"]
    found = effects(queries, BEFORE, AFTER, _by(BEFORE, searched), _by(AFTER, searched))
    assert searched == ["frock", "frock", "red dresses", "red dresses"]
    assert (found.unaffected, found.left_out) == (2, [])
    frock = found.queries[0]
    assert (frock.query, frock.before.result.total, frock.after.result.total) == ("frock", 0, 2)
    assert [move.product_id for move in frock.compared.moves if move.change == "new"] == ["d1", "d2"]


def test_what_is_removed_is_searched_as_less() -> None:
    [found] = effects([SavedQuery(q="frock")], AFTER, BEFORE, _by(AFTER, []), _by(BEFORE, [])).queries
    assert [move.change for move in found.compared.moves] == ["gone", "gone"]


def test_too_many_are_named_and_not_searched_for() -> None:
    queries = of_words([f"dress {number}" for number in range(MOST_SEARCHED + 3)])
    found = effects(queries, BEFORE, AFTER, _by(BEFORE, []), _by(AFTER, []))
    assert len(found.queries) == MOST_SEARCHED
    assert [q.q for q in found.left_out] == ["dress 20", "dress 21", "dress 22"]


def test_what_is_known_is_shown_before_the_time_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([9.0, 2.0])
    monkeypatch.setattr(deadlines, "left", lambda: next(left))
    found = effects(of_words(["frock", "dress"]), BEFORE, AFTER, _by(BEFORE, []), _by(AFTER, []))
    assert [q.query for q in found.queries] == ["frock"]
    assert [q.q for q in found.left_out] == ["dress"]
