from types import SimpleNamespace
from typing import Any

from search.narrowing import narrowed
from search.parameters import SearchParameters


def test_cheaper_compares_within_a_currency() -> None:
    prices = {"a": (30, "EUR"), "b": (20, "EUR"), "c": (25, "USD"), "d": (None, "GBP")}
    products: Any = {name: {"price": price, "currency": currency} for name, (price, currency) in prices.items()}
    anchors: Any = SimpleNamespace(products=products, exchanged=())
    filters = narrowed(SearchParameters(like=tuple(prices), but=("cheaper",)), anchors)
    assert filters.cheaper_than == (("EUR", 20), ("USD", 25))
    [clause] = filters.clauses()
    assert clause["bool"]["should"] == [
        {"bool": {"filter": [{"range": {"price": {"lt": 20}}}, {"term": {"currency": "EUR"}}]}},
        {"bool": {"filter": [{"range": {"price": {"lt": 25}}}, {"term": {"currency": "USD"}}]}},
    ]


def test_an_exchange_replaces_the_filter_of_its_attribute() -> None:
    anchors: Any = SimpleNamespace(products={}, exchanged=(("color", "red"),))
    filters = narrowed(SearchParameters(filter=("color:blue", "sleeve:long", "brand:Ada")), anchors)
    assert filters.attributes == (("sleeve", "long"), ("color", "red"))
    assert filters.fields == (("brand", "Ada"),)
