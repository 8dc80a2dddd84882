"""In which currency price limits are compared."""

from typing import Any

import pytest

from es_mappings.facets import Filters
from search.currencies import Currencies


class Index:
    """An index with products of some currencies."""

    def __init__(self, *currencies: str) -> None:
        self.currencies, self.requests = currencies, 0

    def search(self, *, aggs: dict[str, Any], **_: Any) -> dict[str, Any]:
        self.requests += 1
        [name] = aggs
        return {"aggregations": {name: {"buckets": [{"key": c, "doc_count": 1} for c in self.currencies]}}}


EUROS, DOLLARS = ("currency", "EUR"), ("currency", "USD")


@pytest.mark.parametrize(
    ("currencies", "filters", "compared"),
    [
        (("SEK", "EUR"), Filters(price_max=10), "SEK"),
        (("SEK", "EUR"), Filters(price_min=0), "SEK"),
        (("SEK", "EUR"), Filters(in_stock=True), None),
        (("SEK", "EUR"), Filters(price_max=10, fields=(EUROS,)), None),
        (("SEK", "EUR", "USD"), Filters(price_max=10, fields=(DOLLARS, EUROS)), "USD"),
        (("EUR",), Filters(price_max=10), None),
        ((), Filters(price_max=10), None),
    ],
)
def test_limits_are_compared_in_one_currency(
    currencies: tuple[str, ...], filters: Filters, compared: str | None
) -> None:
    index: Any = Index(*currencies)
    assert Currencies(index).in_one(filters).price_currency == compared


def test_the_main_currency_is_read_once() -> None:
    index: Any = Index("SEK", "EUR")
    currencies = Currencies(index)
    assert [currencies.in_one(Filters(price_max=n)).price_currency for n in range(3)] == ["SEK"] * 3
    assert index.requests == 1
