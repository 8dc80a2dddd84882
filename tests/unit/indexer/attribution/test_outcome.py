from __future__ import annotations

from indexer.attribution.model import Finding
from indexer.attribution.outcome import Decision, attributed
from indexer.vectorizers.base import ProductFields

FIELDS = ProductFields("Dress", category=("Dresses",), attributes={"color": "red", "sizes": ["S", "M"]})
FOUND = {
    "color": Finding("blue", 0.9, 0.6),
    "pattern": Finding("striped", 0.95, 0.0),
    "sleeve": Finding("long", 0.4, 0.0),
    "category": Finding("Midi", 0.99, 0.0),
}


def test_missing_values_are_filled_in_and_none_of_the_catalogue_overwritten() -> None:
    assert attributed(FIELDS, FOUND, 0.7, {}, model="m", source="s") == {
        "predicted": {
            "color": {"value": "blue", "confidence": 0.9, "doubt": 0.6},
            "pattern": {"value": "striped", "confidence": 0.95, "doubt": 0.0},
            "sleeve": {"value": "long", "confidence": 0.4, "doubt": 0.0},
            "category": {"value": "Midi", "confidence": 0.99, "doubt": 0.0},
        },
        "effective": {"pattern": "striped", "color": "red", "sizes": ["S", "M"]},
        "facets": ["pattern:striped", "color:red", "sizes:S", "sizes:M"],
        "numbers": {},
        "category_path": ["Dresses", "Dresses/Midi"],
        "disputes": ["color"],
        "dispute": 0.6,
        "attribution": {"model": "m", "source": "s", "least": 0.7},
    }


def test_a_decision_counts_and_is_not_disputed_again() -> None:
    decided = {"color": Decision(value="blue", catalogue="red")}
    found = attributed(FIELDS, FOUND, 0.7, decided, model="m", source="s")
    assert found["effective"]["color"] == "blue"
    assert (found["disputes"], found["dispute"]) == ([], 0.0)


def test_a_confirmed_value_of_the_catalogue_is_not_disputed_again() -> None:
    found = attributed(FIELDS, FOUND, 0.7, {"color": Decision(value="red", catalogue="red")}, model="m", source="s")
    assert found["effective"]["color"] == "red"
    assert found["disputes"] == []


def test_a_new_value_of_the_catalogue_is_disputed_again() -> None:
    found = attributed(FIELDS, FOUND, 0.7, {"color": Decision(value="green", catalogue="pink")}, model="m", source="s")
    assert found["effective"]["color"] == "red"
    assert found["disputes"] == ["color"]
