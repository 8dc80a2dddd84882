from types import SimpleNamespace
from typing import Any

import pytest

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.product import DEFAULT_WEIGHTS
from search.parameters import SearchParameters
from search.resolving import narrowed, weights_for

LAPTOPS = CategoryWeights({"Laptops": {"look": 0.1}})


@pytest.mark.parametrize(
    ("parameters", "changed", "whose"),
    [
        ({}, {}, "default"),
        ({"category": "Toys"}, {}, "default"),
        ({"category": "Laptops/Gaming laptops"}, {"look": 0.1}, "Laptops"),
        ({"category": "Laptops", "weight": ("look:3",)}, {"look": 3.0}, "request"),
    ],
)
def test_weights_are_as_asked_else_the_category_s_own_else_the_default(
    parameters: dict[str, object], changed: dict[str, float], whose: str
) -> None:
    weights, weights_of = weights_for(SearchParameters.model_validate(parameters), LAPTOPS)
    assert (weights, weights_of) == ({**DEFAULT_WEIGHTS, **changed}, whose)


def test_another_colour_counts_as_much_as_all_the_rest_unless_weighed() -> None:
    rest = sum(weight for name, weight in DEFAULT_WEIGHTS.items() if name != "color")
    in_color = SearchParameters(like=("a",), but=("in_color:Dusty-Rose", "cheaper"))
    assert weights_for(in_color, CategoryWeights())[0] == {**DEFAULT_WEIGHTS, "color": rest}
    weighed = SearchParameters(but=("in_color:red",), weight=("color:0.2",))
    assert weights_for(weighed, CategoryWeights())[0] == {**DEFAULT_WEIGHTS, "color": 0.2}


def test_cheaper_compares_within_a_currency() -> None:
    prices = {"a": (30, "EUR"), "b": (20, "EUR"), "c": (25, "USD"), "d": (None, "GBP")}
    products: Any = {name: {"price": price, "currency": currency} for name, (price, currency) in prices.items()}
    anchors: Any = SimpleNamespace(products=products)
    filters = narrowed(SearchParameters(like=tuple(prices), but=("cheaper",)), anchors)
    assert filters.cheaper_than == (("EUR", 20), ("USD", 25))
    [clause] = filters.clauses()
    assert clause["bool"]["should"] == [
        {"bool": {"filter": [{"range": {"price": {"lt": 20}}}, {"term": {"currency": "EUR"}}]}},
        {"bool": {"filter": [{"range": {"price": {"lt": 25}}}, {"term": {"currency": "USD"}}]}},
    ]
