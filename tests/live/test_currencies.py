"""A shop with prices in several currencies, and no rates: what is compared is of one currency."""

import secrets
from typing import Any
from urllib.parse import unquote

import pytest
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient

from indexer.catalog.events import parse_event
from indexer.elastic.loading import write_events
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from webapp import create_app

PRICES: dict[str, tuple[float | None, str | None]] = {
    "e1": (10, "EUR"), "e2": (30, "EUR"), "e3": (20, "EUR"), "s1": (200, "SEK"), "s2": (15, "SEK"),
    "n1": (12, None), "n2": (8, None), "e4": (None, "EUR"),
}  # fmt: skip


@pytest.fixture(scope="module")
def web(client: Elasticsearch, settings: Settings) -> FlaskClient:
    name = f"{settings.index_name}-currencies-{secrets.token_hex(3)}"
    index = ProductIndex(client, name)
    index.ensure()
    products = [{"id": i, "title": "Mug", "price": p, "currency": c, "version": 1} for i, (p, c) in PRICES.items()]
    assert not any(write_events(index, [parse_event({"type": "upsert", "product": p}) for p in products]))
    index.refresh()
    return create_app(settings.model_copy(update={"index_name": name})).test_client()


def _found(web: FlaskClient, **parameters: str) -> tuple[list[str], dict[str, Any]]:
    answer = web.get("/api/search", query_string=parameters)
    assert answer.status_code == 200, answer.text
    listing = answer.get_json()
    return [product["id"] for product in listing["products"]], listing


def test_one_currency_is_sorted_after_the_other(web: FlaskClient) -> None:
    up, down = ["e1", "e3", "e2", "e4", "s2", "s1", "n2", "n1"], ["e2", "e3", "e1", "e4", "s1", "s2", "n1", "n2"]
    assert _found(web, sort="price")[0] == up
    assert _found(web, sort="-price")[0] == down
    pages, cursor = list[str](), ""
    while len(pages) < len(up):
        ids, listing = _found(web, sort="price", size="3", cursor=cursor)
        pages, cursor = pages + ids, listing["next_cursor"] or ""
    assert pages == up


def test_limits_of_a_price_are_compared_in_one_currency(web: FlaskClient) -> None:
    ids, listing = _found(web, price_max="20", sort="price")
    assert ids == ["e1", "e3"]
    assert any("Only prices in EUR are compared" in warning for warning in listing["warnings"])
    ids, listing = _found(web, price_max="20", filter="currency:SEK")
    assert ids == ["s2"]
    assert listing["warnings"] == []
    assert {value["value"]: value["count"] for value in listing["facets"]["currency"]} == {"EUR": 2, "SEK": 1}


def test_pages_offer_currencies_and_no_slider_across_them(web: FlaskClient) -> None:
    page = web.get("/search?q=mug").text
    assert "filter=currency:EUR" in unquote(page)
    assert 'name="price_max"' not in page
    assert 'name="price_max"' in web.get("/search?q=mug&filter=currency:EUR").text
