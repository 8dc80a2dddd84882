from pathlib import Path
from typing import Any

import pytest

from indexer.catalog.currencies import NO_RATES, Rates
from indexer.catalog.events import parse_line
from indexer.catalog.products import parse_product
from indexer.catalog.values.changes import Changes
from indexer.errors import SettingsError


@pytest.fixture
def rates(tmp_path: Path) -> Rates:
    file = tmp_path / "rates.toml"
    file.write_text("USD = 0.92\nGBP = 1.2  # yesterday\n")
    return Rates.read("EUR", file)


@pytest.mark.parametrize(
    ("written", "price", "currency", "offer"),
    [
        ({"price": "$10.00"}, 9.2, "EUR", {"price": 10.0, "currency": "USD"}),
        ({"price": 10, "currency": "GBP"}, 12.0, "EUR", {"price": 10, "currency": "GBP"}),
        ({"price": "10 EUR"}, 10.0, "EUR", None),
        ({"price": 10}, 10.0, None, None),
        ({"price": 10, "currency": "SEK"}, None, None, {"price": 10, "currency": "SEK"}),
        ({"currency": "USD"}, None, "USD", None),
    ],
)
def test_prices_are_brought_to_the_base_currency(
    rates: Rates, written: dict[str, Any], price: float | None, currency: str | None, offer: object
) -> None:
    product = parse_product({"id": "a", "title": "A", **written}, rates=rates, changes=(changes := Changes()))
    assert (product.price, product.currency, product.extra.get("offer")) == (price, currency, offer)
    again = parse_product(product.model_dump(), rates=rates)
    assert (again.price, again.currency, again.extra.get("offer")) == (price, currency, offer)
    assert bool(offer) == any("convert" in change.rule or "no rate" in change.rule for change in changes)


def test_an_update_is_converted_too(rates: Rates) -> None:
    event: Any = parse_line({"type": "update", "id": "a", "version": 1, "fields": {"price": "$10"}}, rates=rates)
    assert event.fields == {"price": 9.2, "currency": "EUR"}


def test_without_a_base_currency_prices_stay() -> None:
    assert Rates.read("", None) is NO_RATES
    assert parse_product({"id": "a", "title": "A", "price": "$10"}).currency == "USD"


@pytest.mark.parametrize("line", ["USD = 'x'", "usd = 1", "USD = 0", "USD = -1.0", "USD = inf", "USD = true", "USD"])
def test_a_line_that_is_no_rate_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rates.toml"
    file.write_text(line)
    with pytest.raises(SettingsError, match="CURRENCY_RATES"):
        Rates.read("EUR", file)
    with pytest.raises(SettingsError, match="CURRENCY_RATES"):
        Rates.read("EUR", tmp_path / "none.toml")
