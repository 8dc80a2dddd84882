from typing import Any

import pytest

from es_mappings.facet_types import FacetValue
from es_mappings.results import Facets
from search.suggestions import Suggestion, Suggestions

FACETS = Facets(
    terms={
        "category": [FacetValue("Dresses", 90), FacetValue("Dresses/Midi dresses", 30), FacetValue("TVs", 40)],
        "brand": [FacetValue("Marlowe", 20), FacetValue("Télé Nova", 9)],
    },
    flags={},
    ranges={},
    attributes={
        "color": [FacetValue("red", 12), FacetValue("dusty rose", 4)],
        "pattern": [FacetValue("gingham", 5)],
        "belted": [FacetValue("true", 8)],
    },
    numbers={},
)


class Index:
    """Returns no products, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def search(self, *, query: dict[str, Any], **_: Any) -> dict[str, Any]:
        self.asked.append(query["multi_match"]["query"])
        return {"hits": {"hits": []}}


def _complete(typed: str, index: Any = None, frequent: tuple[str, ...] = ()) -> list[Suggestion]:
    products: Any = index or Index()
    return Suggestions(products, lambda: FACETS, lambda: frequent).complete(typed)


@pytest.mark.parametrize(
    ("typed", "kind", "text", "parameters"),
    [
        ("dre", "category", "Dresses", {"category": "Dresses"}),
        ("midi d", "category", "Dresses/Midi dresses", {"category": "Dresses/Midi dresses"}),
        ("marl", "brand", "Marlowe", {"filter": ("brand:Marlowe",)}),
        ("tele", "brand", "Télé Nova", {"filter": ("brand:Télé Nova",)}),
        ("ging", "attribute", "gingham", {"filter": ("attribute.pattern:gingham",)}),
        ("rose", "attribute", "dusty rose", {"filter": ("attribute.color:dusty rose",)}),
        ("gnigham", "attribute", "gingham", {"filter": ("attribute.pattern:gingham",)}),
        ("drses", "category", "Dresses", {"category": "Dresses"}),
        ("red dr", "search", "red dresses", {"q": "red dresses"}),
    ],
)
def test_what_is_typed_is_completed(typed: str, kind: str, text: str, parameters: dict[str, Any]) -> None:
    first = _complete(typed)[0]
    assert (first.kind, first.text, first.parameters) == (kind, text, parameters)


@pytest.mark.parametrize("typed", ["", " ", "d", "?!", "zzzzzz", "true"])
def test_nothing_is_suggested_for_what_means_nothing(typed: str) -> None:
    assert _complete(typed) == []


def test_frequent_searches_come_first_and_are_few() -> None:
    frequent = tuple(f"dress {n}" for n in range(9))
    suggested = _complete("dress", frequent=frequent)
    assert [s.text for s in suggested[:3]] == ["dress 0", "dress 1", "dress 2"]
    assert [s.kind for s in suggested].count("search") == 3


def test_products_are_asked_for_as_typed_and_then_by_the_corrected_word() -> None:
    index: Any = Index()
    _complete("drses", index)
    assert index.asked == ["drses", "dresses"]
