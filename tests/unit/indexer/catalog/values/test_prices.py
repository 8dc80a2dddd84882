import pytest

from indexer.catalog.values.changes import Changes
from indexer.catalog.values.prices import parse_price, read_price
from indexer.errors import CatalogError


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("19,99 €", 19.99, "EUR"),
        ("1,299.00", 1299.0, None),
        ("1.299,00", 1299.0, None),
        ("19.99 EUR", 19.99, "EUR"),
        ("eur 19.99", 19.99, "EUR"),
        ("1.299 €", 1299.0, "EUR"),  # who writes a currency's sign means a thousand
        ("1.299", 1.299, None),  # as numbers were always read
        ("1,299", 1299.0, None),
        ("12,5", 12.5, None),
        ("79.900000", 79.9, None),  # as databases export it
        ("1'299.-", 1299.0, None),
        ("CHF 1\N{RIGHT SINGLE QUOTATION MARK}299.50", 1299.5, "CHF"),
        ("$5", 5.0, "USD"),
        ("US$ 1,234,567.89", 1234567.89, "USD"),
        ("1\N{NO-BREAK SPACE}299,00\N{NARROW NO-BREAK SPACE}zł", 1299.0, "PLN"),
        ("₹1,23,456.00", 123456.0, "INR"),
        ("€ 1.000.000", 1000000.0, "EUR"),
        ("10.000 KWD", 10.0, "KWD"),  # a currency of three decimals
        ("199 kr", 199.0, None),  # of Sweden, Norway or Denmark: the field `currency` says
        ("1.299 kr", 1299.0, None),  # a sign, too
        ("kr 1.299", 1299.0, None),
        ("1.299,-", 1299.0, None),  # as is a dash for no cents
        (".99", 0.99, None),
        ("0", 0.0, None),
        ("-3", -3.0, None),  # the product's validation refuses it
        ("1e3", 1000.0, None),
    ],
)
def test_a_price_as_people_write_it(text: str, amount: float, currency: str | None) -> None:
    assert parse_price(text) == (amount, currency)


@pytest.mark.parametrize(
    "text", ["cheap", "1.2.3", "1,2,3", "19.99 - 29.99 EUR", "from 3 €", "12 %", "inf", "nan", "1..2", "1" * 400, "€"]
)
def test_what_is_no_price_is_named(text: str) -> None:
    with pytest.raises(CatalogError, match=r"price: .* is no (price|number|currency)") as error:
        parse_price(text)
    assert error.value.kind == "price: no price"


def test_the_currency_of_the_field_decides_what_a_shared_sign_means() -> None:
    assert parse_price("$5", "CAD") == (5.0, "CAD")
    with pytest.raises(CatalogError, match="names another currency than the field, USD"):
        parse_price("5 EUR", "USD")


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"price": "19,99 €"}, {"price": 19.99, "currency": "EUR"}),
        ({"price": 5, "currency": "eur"}, {"price": 5, "currency": "EUR"}),
        ({"price": "5 kr", "currency": "SEK"}, {"price": 5.0, "currency": "SEK"}),
        ({"price": {"value": "19.99", "currency": "USD"}}, {"price": 19.99, "currency": "USD"}),
        ({"price": {"value": 24.995, "currency": "EUR"}}, {"price": 24.995, "currency": "EUR"}),  # a number, no text
        ({"price": {"amount": "1.299,00", "currencyCode": "EUR"}}, {"price": 1299.0, "currency": "EUR"}),
        ({"currency": "€"}, {"currency": "EUR"}),
        ({"currency": "money"}, {"currency": "money"}),  # named by the product's validation
        ({"price": True}, {"price": True}),
    ],
)
def test_a_price_brings_its_currency(fields: dict[str, object], read: dict[str, object]) -> None:
    read_price(fields, Changes())
    assert fields == read
