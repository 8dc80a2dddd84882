"""What the storefront records of searches, from the page to the order; and nothing of those who don't want it."""

import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import Shop
from tests.forms import csrf_token
from webapp import create_app
from webapp.services import Services

BROWSER = {"Sec-Fetch-Mode": "navigate", "User-Agent": "Mozilla/5.0"}


class _Shopper:
    """A browser, and what the shop records of it."""

    def __init__(self, shop: Shop, **settings: Any) -> None:
        app = create_app(shop.settings.model_copy(update=settings))
        self.web: FlaskClient = app.test_client()
        services: Services = app.extensions["services"]
        self.sent: list[dict[str, Any]] = []
        services.query_log.put = lambda message: self.sent.append(dict(message))  # type: ignore[method-assign]

    def get(self, path: str, **headers: str) -> TestResponse:
        answer = self.web.get(path, headers={**BROWSER, **headers})
        assert answer.status_code == 200, answer.text
        return answer

    def post(self, path: str, **fields: str) -> TestResponse:
        token = csrf_token(self.get("/photo").text)
        return self.web.post(path, data={"csrf_token": token, **fields}, headers=BROWSER)

    def done(self) -> list[tuple[str, str, int]]:
        """Return actions, objects and positions, as they were recorded."""
        return [(m["action"], m["object_id"], m["position"]) for m in self.sent if m["kind"] == "acted"]

    def shown(self) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["kind"] == "shown"]


@pytest.fixture
def shopper(shop: Shop) -> _Shopper:
    return _Shopper(shop)


def _links(page: str) -> dict[str, str]:
    """Return the addresses of a listing's products."""
    found = re.findall(r'card-title"><a href="(/products/([^"?]+)[^"]*)"', page)
    return {product_id: html.unescape(address) for address, product_id in found}


def _like_link(page: str, product_id: str) -> str:
    [link] = re.findall(rf'href="([^"]+)"[^>]*data-key="like:{re.escape(product_id)}"', page)
    return html.unescape(link)


def test_a_query_keeps_its_id_from_the_first_page_to_the_order(shopper: _Shopper) -> None:
    page = shopper.get("/search?q=dress&size=6").text
    links = _links(page)
    first, second, third, *_ = links
    [shown] = shopper.shown()
    assert (shown["words"], shown["first"], shown["ids"]) == ("dress", 1, list(links))
    assert shown["results"] > 6

    following = re.search(r'href="([^"]+)"[^>]*data-more', page)
    assert following
    more = _links(shopper.get(html.unescape(following[1])).text)
    assert shopper.shown()[1]["first"] == 7
    assert shopper.shown()[1]["ids"] == list(more)
    seventh = next(iter(more))

    opened = shopper.get(links[second]).text
    shopper.get(links[second])  # again, which is the same click to whoever counts
    shopper.get(more[seventh])
    shopper.get(_like_link(page, third))
    origin = re.search(r'name="from" value="([^"]+)"', opened)
    assert origin
    shopper.post("/bag", product_id=second, quantity="1", **{"from": origin[1]})
    shopper.post("/bag", product_id=first, quantity="1")  # from nowhere
    shopper.post("/bag/order")
    shopper.get("/search?q=dress&filter=color:red")
    assert list(dict.fromkeys(shopper.done())) == [
        ("click", second, 2),
        ("click", seventh, 7),
        ("like", third, 3),
        ("add_to_cart", second, 2),
        ("purchase", second, 2),
        ("filter", "color:red", 0),
    ]
    assert len({message["query_id"] for message in shopper.sent}) == 1
    assert len({message["session_id"] for message in shopper.sent}) == 1


def test_other_words_soon_after_refine_the_query(shopper: _Shopper) -> None:
    for words in ("dress", "dress", "midi+dress", "laptop"):
        shopper.get(f"/search?q={words}")
    first, same, refined, again = shopper.shown()
    assert first["query_id"] == same["query_id"]
    assert [message["refines"] for message in (first, same)] == ["", ""]
    assert refined["refines"] == first["query_id"]
    assert again["refines"] == refined["query_id"]


def test_no_id_says_who_it_is(shopper: _Shopper) -> None:
    shopper.get("/search?q=dress")
    links = _links(shopper.get("/search?q=dress").text)
    for address in list(links.values())[:3]:
        shopper.get(address)
    with shopper.web.session_transaction() as session:
        visitor = session["visitor"]
    assert visitor not in json.dumps(shopper.sent)


def test_an_origin_of_another_visit_counts_for_nothing(shop: Shop, shopper: _Shopper) -> None:
    other = _Shopper(shop)
    links = _links(shopper.get("/search?q=dress").text)
    product_id, address = next(iter(links.items()))
    other.get("/search?q=laptop")
    assert 'name="from"' not in other.get(address).text
    for forged in ("1.20261128-" + "a" * 24, "x", "1.", "9" * 40):
        other.get(f"/products/{product_id}?from={forged}")
    assert other.done() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-GPC": "1"},
        {"DNT": "1"},
        {"Sec-Purpose": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"Sec-Fetch-Mode": ""},  # it brings no cookie either
    ],
)
def test_nothing_is_recorded_of_crawlers_and_of_those_who_do_not_want_it(
    shopper: _Shopper, headers: dict[str, str]
) -> None:
    page = shopper.get("/search?q=dress", **headers).text
    assert "from=" not in page
    assert shopper.sent == []


def test_a_browser_that_brings_the_cookie_is_recorded(shopper: _Shopper) -> None:
    for _ in range(2):
        shopper.get("/search?q=dress", **{"Sec-Fetch-Mode": ""})
    assert len(shopper.shown()) == 1


def test_nothing_is_recorded_where_it_is_switched_off(shop: Shop) -> None:
    shopper = _Shopper(shop, ubi_days=0)
    assert "from=" not in shopper.get("/search?q=dress").text
    assert shopper.get("/api/search?q=dress").get_json()["query_id"] is None
    assert shopper.sent == []


def test_addresses_and_card_numbers_are_not_recorded(shopper: _Shopper) -> None:
    shopper.get("/search?q=dress+ada@example.com+4111+1111+1111+1111")
    assert shopper.shown()[0]["words"] == "dress [address] [number]"


def test_a_program_keeps_its_query_by_its_id(shop: Shop) -> None:
    program = _Shopper(shop)
    program.web = program.web.application.test_client(use_cookies=False)
    answer = program.get("/api/search?q=dress&size=3").get_json()
    more = program.get(f"/api/search?q=dress&size=3&query_id={answer['query_id']}&cursor={answer['next_cursor']}")
    assert more.get_json()["query_id"] == answer["query_id"]
    assert [shown["first"] for shown in program.shown()] == [1, 4]
    other = program.get("/api/search?q=dress&size=3&query_id=20261128-madeup").get_json()
    assert other["query_id"] != answer["query_id"]
    product_id = answer["products"][1]["id"]
    for query_id in (answer["query_id"], "20261128-madeup"):
        event = {"type": "cart", "product_id": product_id, "query_id": query_id, "position": 2}
        assert program.web.post("/api/behaviour", json=event).status_code == 204
    assert program.done() == [("add_to_cart", product_id, 2)]
    assert {message["session_id"] for message in program.sent[:2]} == {program.sent[-1]["session_id"]}
