from typing import Any

import pytest

from es_mappings.rules import Rule, Then, When
from indexer.relevance.rule_texts import days_text, differences, then_texts, when_text


@pytest.mark.parametrize(
    ("when", "text", "days"),
    [
        ({}, "always", "any day"),
        ({"words": "tv"}, "the search has “tv”", "any day"),
        ({"words": "tv", "match": "exact", "ends": "2026-08-31"}, "the search is “tv”", "until 31 August 2026"),
        (
            {"category": "Dresses", "likes_category": "Coats", "configuration": "summer", "starts": "2026-06-01"},
            "in Dresses, something of Coats is liked, summer is live",
            "from 1 June 2026",
        ),
        ({"starts": "2026-06-01", "ends": "2026-06-02"}, "always", "1 June 2026 to 2 June 2026"),
    ],
)
def test_when_in_plain_words(when: dict[str, Any], text: str, days: str) -> None:
    parsed = When.model_validate(when)
    assert (when_text(parsed), days_text(parsed)) == (text, days)


def test_then_in_plain_words() -> None:
    then = Then.model_validate({
        "pin": [{"id": "b", "position": 3}, {"id": "a", "position": 1}],
        "hide": ["brand:Acme"],
        "hide_ids": ["c", "d", "e", "f", "g"],
        "boost": [{"filter": "color:white", "factor": 1.5}, {"filter": "color:red", "factor": 0.5}],
        "filter": ["in_stock:true"],
        "redirect": "/search?q=coat",
        "banner": "New",
    })  # fmt: skip
    assert then_texts(then, {"a": "Midi dress"}) == [
        "pin Midi dress at 1, b at 3",
        "hide brand:Acme",
        "hide c, d, e and 2 more",
        "raise color:white (by 1.5)",
        "bury color:red (by 0.5)",
        "show only in_stock:true",
        "lead to /search?q=coat",
        "say “New”",
    ]


def test_what_differs_is_named_by_field() -> None:
    theirs, mine = (
        Rule.model_validate({"name": "r", "when": {"words": words}, "then": {"banner": "x", "hide_ids": hidden}})
        for words, hidden in (("tv", ["a"]), ("radio", []))
    )
    assert differences(theirs, mine) == [
        ("When", "the search has “tv”", "the search has “radio”"),
        ("Hide", "a", ""),
    ]
    assert ("Banner", "", "x") in differences(None, mine)
    assert differences(mine, mine) == []
