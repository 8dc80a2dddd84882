import datetime as dt

from es_mappings.configuration import Configuration
from es_mappings.rules import Rule
from indexer.relevance.versions import Publication
from search.anchors import Anchors
from search.configuring import configured, effects_of
from search.parameters import SearchParameters

MINE = Configuration(name="mine", mode="every", strategy="rescore", relevance=0.4)


def test_it_says_what_a_request_leaves_open() -> None:
    found = configured(SearchParameters(q="dress", like=("a",), mode="blend"), MINE)
    assert (found.mode, found.strategy, found.relevance) == ("blend", "rescore", 0.4)


def test_what_it_does_not_say_stays_the_default() -> None:
    parameters = SearchParameters(q="dress")
    assert configured(parameters, Configuration(name="other")) is parameters


def test_a_request_that_does_not_go_with_it_stays_as_it_is() -> None:
    grouped = SearchParameters(like=("a",), group=True)
    assert configured(grouped, MINE) is grouped


def test_rules_begin_and_end_by_the_day_that_they_are_asked_for() -> None:
    when = {"starts": "2026-06-01", "ends": "2026-08-31"}
    live = Publication(rules=(Rule.model_validate({"name": "summer", "when": when, "then": {"banner": "Summer"}}),))
    days = [dt.date(2026, 5, 31), dt.date(2026, 6, 1), dt.date(2026, 8, 31), dt.date(2026, 9, 1)]
    found = [bool(effects_of(SearchParameters(q="dress"), Anchors([], {}, []), live, day).rules) for day in days]
    assert found == [False, True, True, False]
