from typing import Any

import pytest

from es_mappings.rules import Rule
from indexer.relevance.conflicts import conflicts, new_conflicts


def _rule(name: str, then: dict[str, Any], **when: Any) -> Rule:
    return Rule.model_validate({"name": name, "when": when, "then": then})


def _pin(product_id: str, position: int = 1) -> dict[str, Any]:
    return {"pin": [{"id": product_id, "position": position}]}


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        (_pin("x"), _pin("y"), "a and b pin different products at position 1: that of a counts"),
        (_pin("x"), {"hide_ids": ["x"]}, "a and b: x is pinned by one, hidden by the other, and stays hidden"),
        ({"redirect": "/x"}, {"redirect": "/y"}, "a and b lead to different pages: /x counts"),
        (
            {"boost": [{"filter": "color:red", "factor": 2}]},
            {"boost": [{"filter": "color:red", "factor": 0.5}]},
            "a and b: one raises color:red, the other lowers it; both factors count",
        ),
        (
            {"filter": ["color:red"]},
            {"hide": ["color:red"]},
            "a and b: one shows only color:red, the other hides it, so nothing is left",
        ),
    ],
)
def test_conflicts_are_named(one: dict[str, Any], other: dict[str, Any], conflict: str) -> None:
    [found] = conflicts([_rule("b", other), _rule("a", one)])
    assert (str(found), found.rules, found.is_doubt) == (conflict, ("a", "b"), True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"category": "Dresses"}, {"category": "Toys"}),
        ({"ends": "2026-01-01"}, {"starts": "2026-01-02"}),
        ({"words": "tv", "match": "exact"}, {"words": "radio", "match": "exact"}),
        ({"configuration": "one"}, {"configuration": "two"}),
    ],
)
def test_rules_that_never_meet_do_not_conflict(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert conflicts([_rule("a", _pin("x"), **first), _rule("b", _pin("y"), **second)]) == []


def test_redirects_in_a_circle_are_named() -> None:
    rules = [
        _rule("a", {"redirect": "/search?q=radio"}, words="tv"),
        _rule("b", {"redirect": "/search?q=tv"}, words="radio"),
    ]
    found = [conflict for conflict in conflicts(rules) if "circle" in str(conflict)]
    assert str(found[0]) == "a -> b -> a: the redirects lead in a circle"
    assert (found[0].field, found[0].rules, found[0].is_doubt) == ("then.redirect", ("a", "b"), False)
    assert not conflicts([rules[0]])


def test_a_redirect_takes_likes_along_in_its_circle() -> None:
    by_like = _rule("a", {"redirect": "/search?q=radio"}, likes_category="Radios")
    assert [str(c) for c in conflicts([by_like])] == ["a -> a: the redirects lead in a circle"]


def test_only_conflicts_that_a_rule_brings_are_new() -> None:
    live = [_rule("a", _pin("x")), _rule("b", _pin("y"))]
    assert new_conflicts(_rule("b", _pin("y")), live) == []
    assert [c.rules for c in new_conflicts(_rule("c", _pin("z")), live)] == [("a", "c"), ("b", "c")]
