"""What each word adds to a keyword score, read from explanations as Elasticsearch writes them."""

from typing import Any

import pytest

from es_mappings.keyword_parts import by_field, read_occurrences, term_scores

FIELDS = "brand.text^2.0 category^2.0 description facets.text title^4.0"


def _node(value: float, description: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"value": value, "description": description, "details": list(details)}


def _word(value: float, term: str) -> dict[str, Any]:
    inner = _node(value, "score(freq=7.0), computed as boost * idf * tf from:")
    return _node(value, f"weight(CombinedFieldQuery(({FIELDS})({term})) in 371), result of:", inner)


RED_DRESS = _node(
    9.3,
    "sum of:",
    _node(
        9.3,
        "max of:",
        _node(9.3, "sum of:", _word(7.5, "red"), _word(1.8, "dress")),
        _node(4.0, "sum of:", _word(4.0, "crimson")),
    ),
    _node(0.0, "match on required clause, product of:", _node(0.0, "# clause"), _node(1.0, "_id:([ff])")),
)
TITLE = {"title": {"red": 1, "dress": 1}, "category": {"dress": 2}, "description": {"red": 2, "dress": 1}}


def test_of_other_wordings_the_one_that_counts_is_shown() -> None:
    terms = term_scores(RED_DRESS)
    assert [(term.term, term.score) for term in terms] == [("red", 7.5), ("dress", 1.8)]
    assert terms[0].boosts == {"brand.text": 2, "category": 2, "description": 1, "facets.text": 1, "title": 4}


def test_a_word_is_shared_out_to_its_fields_by_boost_and_occurrences() -> None:
    parts = by_field(term_scores(RED_DRESS), TITLE)
    assert [(part.term, part.field, part.occurrences) for part in parts] == [
        ("red", "title", 1),
        ("red", "description", 2),
        ("dress", "category", 2),
        ("dress", "title", 1),
        ("dress", "description", 1),
    ]
    assert [part.score for part in parts] == pytest.approx([7.5 * 4 / 6, 7.5 * 2 / 6, 0.8, 0.8, 0.2])
    assert sum(part.score for part in parts) == pytest.approx(9.3)


def test_what_has_no_field_stays_whole() -> None:
    explanation = _node(
        101.0,
        "sum of:",
        _node(1.0, "weight(title:dress in 3) [PerFieldSimilarity], result of:"),
        _node(100.0, "AutomatonQuery(id:dress-1)^100.0"),
    )
    parts = by_field(term_scores(explanation), {"title": {"dress": 1}})
    assert [(part.term, part.field, part.score) for part in parts] == [
        ("AutomatonQuery(id:dress-1)^100.0", "", 100.0),
        ("dress", "title", 1.0),
    ]
    [alone] = by_field(term_scores(_word(2.0, "red")), {})  # of a document that is gone
    assert (alone.field, alone.score) == ("", 2.0)


def test_term_vectors_are_counts_by_field() -> None:
    answer = {"term_vectors": {"title": {"terms": {"red": {"term_freq": 2}}}}}
    assert read_occurrences(answer) == {"title": {"red": 2}}
    assert read_occurrences({"found": False}) == {}
