import pytest
from flask import Flask

from indexer.settings import Settings
from webapp import languages
from webapp.storefront.locales import money, number, percent


@pytest.fixture
def app() -> Flask:
    app = Flask("test")
    app.secret_key = "of no visit"
    languages.register(app, Settings())
    return app


@pytest.mark.parametrize(
    ("accepted", "price", "currency", "written"),
    [
        ("en-US,en;q=0.9", 1234567.89, "EUR", "€1,234,567.89"),
        ("de-DE,de;q=0.9,en;q=0.5", 1234567.89, "EUR", "1.234.567,89\N{NO-BREAK SPACE}€"),
        ("de-AT,de;q=0.9", 1234.5, "EUR", "€\N{NO-BREAK SPACE}1.234,50"),
        ("de-CH,de;q=0.9", 1234.5, "CHF", "CHF\N{NO-BREAK SPACE}1'234.50"),
        ("fr-CH,de;q=0.9", 9.5, "EUR", "9,50\N{NO-BREAK SPACE}€"),
        ("en", 1250, "JPY", "¥1,250"),
        ("en", 1e12, "USD", "$1,000,000,000,000.00"),
        ("en", 5, None, "5.00"),
        ("en", 5, "XQZ", "XQZ5.00"),
        ("", 9.5, "GBP", "£9.50"),
        ("*", 9.5, "GBP", "£9.50"),
        ("../../etc,xx-YY,fr", 9.5, "EUR", "€9.50"),
    ],
)
def test_a_price_is_written_as_the_page_s_language_writes_it_in_the_browser_s_region(
    app: Flask, accepted: str, price: float, currency: str | None, written: str
) -> None:
    with app.test_request_context(headers={"Accept-Language": accepted}):
        assert money(price, currency).replace("XQZ\N{NO-BREAK SPACE}", "XQZ") == written


def test_a_chosen_language_decides_over_the_browser_s(app: Flask) -> None:
    with app.test_request_context("/?lang=de", headers={"Accept-Language": "en-US"}):
        assert money(1234.5, "EUR") == "1.234,50\N{NO-BREAK SPACE}€"
        assert percent(87) == "87\N{NO-BREAK SPACE}%"


def test_a_number_has_all_its_digits() -> None:
    assert [number(value) for value in (1234567.0, 0.125, 40.0)] == ["1,234,567", "0.125", "40"]
    assert [percent(value) for value in (7, 100, 62.5)] == ["7%", "100%", "62.5%"]
