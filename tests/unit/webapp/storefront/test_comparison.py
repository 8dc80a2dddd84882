"""Comparing products: what is chosen during a visit, and the table of what products differ in."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from indexer.settings import Settings
from webapp import create_app
from webapp.services.resilience import ResilientNavigation
from webapp.storefront.comparison import Cell, rows

PRODUCTS: dict[str, dict[str, Any]] = {
    name: {
        "id": name,
        "title": f"Dress {name}",
        "brand": "Ada",
        "price": price,
        "currency": "EUR",
        "attributes": {"color": color, "belted": True, "sizes": ["S", "M"]},
        "effective": {"color": color, "belted": True, "sizes": ["S", "M"]},
    }
    for name, color, price in (("a", "red", 10.0), ("b", "Red", 20.0), ("c", "blue", 20.0), ("d", "blue", 5.0))
}


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    def products(_: object, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {i: PRODUCTS[i] for i in ids if i in PRODUCTS}

    monkeypatch.setattr(ResilientNavigation, "products", products)
    monkeypatch.setattr(ResilientNavigation, "categories", lambda _: [])
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    return app.test_client()


def _chosen(web: FlaskClient) -> list[str]:
    with web.session_transaction() as session:
        return list(session.get("compared", []))


def test_rows_say_what_products_have_and_mark_what_differs() -> None:
    table = {row.name: row for row in rows([PRODUCTS["a"], PRODUCTS["b"]])}
    assert [cell.text for cell in table["Price"].cells] == ["€10.00", "€20.00"]
    assert [cell.text for cell in table["Belted"].cells] == ["Yes", "Yes"]
    assert [cell.text for cell in table["Sizes"].cells] == ["S, M", "S, M"]
    assert {name for name, row in table.items() if row.differs} == {"Price"}  # red is Red


def test_what_one_product_does_not_say_differs_and_what_none_says_is_left_out() -> None:
    seen = {
        "id": "e",
        "title": "E",
        "effective": {"pattern": "plain"},
        "predicted": {"pattern": {"value": "plain", "confidence": 0.9}},
    }
    table = {row.name: row for row in rows([PRODUCTS["a"], seen])}
    assert table["Pattern"].cells == [Cell(""), Cell("plain", is_seen=True)]
    assert table["Pattern"].differs
    assert "Price" in table
    assert "Price" not in {row.name for row in rows([seen])}


def test_products_are_added_and_removed_and_the_page_comes_back(web: FlaskClient) -> None:
    answer = web.get("/compare/choose?back=/search?filter=color:red&add=a")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/search?filter=color:red")
    web.get("/compare/choose?back=/&add=b&add=a")
    assert _chosen(web) == ["a", "b"]
    web.get("/compare/choose?back=/&remove=a&remove=zzz")
    assert _chosen(web) == ["b"]
    web.get("/compare/choose?back=/&remove=b")
    assert _chosen(web) == []


def test_a_fifth_product_is_not_added_and_the_page_says_so(web: FlaskClient) -> None:
    for name in "abcd":
        web.get(f"/compare/choose?back=/&add={name}")
    answer = web.get("/compare/choose?back=/lists&add=e")
    assert (answer.headers["Location"], _chosen(web)) == ("/lists?compare=full", ["a", "b", "c", "d"])
    after = web.get("/compare/choose?back=/lists?compare%3Dfull&remove=a")
    assert after.headers["Location"] == "/lists"


def test_what_fits_into_no_cookie_is_not_added(web: FlaskClient) -> None:
    for number in range(4):
        web.get(f"/compare/choose?back=/&add={number}{'x' * 300}")
    assert len(_chosen(web)) == 1


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", ""])
def test_no_address_leads_to_another_site(web: FlaskClient, back: str) -> None:
    answer = web.get("/compare/choose", query_string={"back": back, "add": "a"})
    assert answer.headers["Location"] == "/compare"


def test_a_browser_that_prefetches_chooses_nothing(web: FlaskClient) -> None:
    web.get("/compare/choose?back=/&add=a", headers={"Sec-Purpose": "prefetch"})
    assert _chosen(web) == []


def test_the_page_shows_the_products_of_its_address_and_says_which_are_gone(web: FlaskClient) -> None:
    page = web.get("/compare?ids=c&ids=a&ids=gone").text
    assert page.index("Dress c") < page.index("Dress a")
    assert "One of these products is no longer sold." in page
    assert '<th scope="row">Color <span class="visually-hidden">(differs)</span></th>' in page
    assert '<th scope="row">Brand</th>' in page
    assert '<th scope="row">Brand</th>' not in web.get("/compare?ids=c&ids=a&differing=true").text


def test_without_an_address_of_its_own_it_shows_what_was_chosen(web: FlaskClient) -> None:
    assert "Go to the shop" in web.get("/compare").text
    web.get("/compare/choose?back=/&add=b")
    assert "Dress b" in web.get("/compare").text


def test_removing_takes_a_product_off_the_table_and_out_of_the_tray(web: FlaskClient) -> None:
    web.get("/compare/choose?back=/&add=a&add=c")
    page = web.get("/compare?ids=a&ids=c").text
    link = next(part for part in page.split('"') if part.startswith("/compare/choose?remove=a")).replace("&amp;", "&")
    address = web.get(link).headers["Location"]
    assert (parse_qs(urlsplit(address).query), _chosen(web)) == ({"ids": ["c"]}, ["c"])


def test_five_products_are_refused_by_name(web: FlaskClient) -> None:
    answer = web.get("/compare?ids=a&ids=b&ids=c&ids=d&ids=e")
    assert answer.status_code == 400
    assert "at most 4 products" in answer.text


def test_the_tray_shows_what_is_chosen_on_every_page(web: FlaskClient) -> None:
    assert 'id="tray" aria-label="Chosen to compare" data-region data-visit hidden' in web.get("/compare").text
    web.get("/compare/choose?back=/&add=a&add=b")
    page = web.get("/nothing-here").text
    assert 'data-compared="a"' in page
    assert 'href="/compare?ids=a&amp;ids=b"' in page
