"""Behaviour is remembered no more than necessary, leads to recommendations, and can be erased."""

import json
import re
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient

from tests.conftest import Shop
from tests.forms import csrf_token
from tests.live.shopping import bagged, search
from webapp import create_app
from webapp.services.visitors import Visitor

COOKIE = "shop"


def _ids(web: FlaskClient, category: str, size: int = 6) -> list[str]:
    return [p["id"] for p in search(web, category=category, in_stock="true", size=size)["products"]]


def _send(web: FlaskClient, path: str, **form: Any) -> Any:
    return web.post(path, data={"csrf_token": csrf_token(web.get("/photo").text), **form})


def _visitor(web: FlaskClient) -> Visitor:
    return Visitor.from_dict(json.loads(web.get("/your-data.json").text))


def _stored(shop: Shop) -> set[bytes]:
    return set(redis.Redis.from_url(shop.settings.redis_url).scan_iter("visitor:*"))


def _recommended(page: str) -> list[str]:
    rails = re.findall(r'<section class="shelf rail".*?</section>', page, re.DOTALL)
    return [i for rail in rails for i in re.findall(r'class="card-title"><a href="/products/([^"?]+)', rail)]


def test_browsing_is_not_remembered(web: FlaskClient, shop: Shop) -> None:
    before = _stored(shop)
    for path, header in (("/", {}), ("/bag", {}), ("/search?category=Toys", {"DNT": "1"})):
        answer = web.get(path, headers=header)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    web.get("/search?category=Toys")
    web.get("/search?category=Toys")
    assert _stored(shop) == before


def test_likes_are_remembered_in_the_cookie_alone_unless_the_shopper_opts_out(web: FlaskClient, shop: Shop) -> None:
    liked, before = _ids(web, "Dresses", 1)[0], _stored(shop)
    for header in ({"Sec-GPC": "1"}, {"DNT": "1"}, {"Sec-Purpose": "prefetch"}):
        assert "Set-Cookie" not in web.get(f"/search?like={liked}", headers=header).headers
    assert "Set-Cookie" in web.get(f"/search?like={liked}").headers
    assert web.get("/your-data.json").json["likes"] == [liked]  # type: ignore[index]
    assert _stored(shop) == before


def test_the_first_view_is_in_the_cookie_and_the_second_request_stores_it(web: FlaskClient, shop: Shop) -> None:
    one, two = _ids(web, "Dresses", 2)
    before = _stored(shop)
    web.get(f"/products/{one}")
    assert _stored(shop) == before
    web.get(f"/products/{two}")
    assert len(_stored(shop)) == len(before) + 1
    assert [(e.kind, e.product_id) for e in _visitor(web).events] == [("view", one), ("view", two)]


def test_it_expires(web: FlaskClient, shop: Shop) -> None:
    before = _stored(shop)
    for product_id in _ids(web, "Toys", 2):
        web.get(f"/products/{product_id}")
    [key] = _stored(shop) - before
    left = redis.Redis.from_url(shop.settings.redis_url).ttl(key)
    assert 0 < left <= shop.settings.behaviour_days * 86_400


@pytest.mark.parametrize("header", [{"Sec-GPC": "1"}, {"DNT": "1"}, {"Sec-Purpose": "prefetch"}])
def test_shoppers_who_opt_out_are_not_tracked(web: FlaskClient, header: dict[str, str]) -> None:
    for product_id in _ids(web, "Toys", 2):
        assert web.get(f"/products/{product_id}", headers=header).status_code == 200
        noted = web.post("/api/behaviour", json={"type": "cart", "product_id": product_id}, headers=header)
        assert (noted.status_code, noted.headers.get("Set-Cookie")) == (204, None)
    assert _visitor(web) == Visitor()


def test_the_home_page_is_inspired_by_what_was_viewed(web: FlaskClient) -> None:
    viewed = _ids(web, "TVs", 2)
    for product_id in viewed:
        web.get(f"/products/{product_id}")
    page = web.get("/").text
    assert "Inspired by your browsing" in page
    recommended = _recommended(page)
    assert recommended
    assert not set(recommended) & set(viewed)
    tvs = {p["id"] for p in search(web, category="TVs", size=100)["products"]}
    assert sum(i in tvs for i in recommended) > len(recommended) / 2
    assert "Because you viewed" in page


def test_a_view_can_be_forgotten_from_the_rail(web: FlaskClient) -> None:
    one, two = _ids(web, "Laptops", 2)
    for product_id in (one, two):
        web.get(f"/products/{product_id}")
    assert _send(web, "/your-data/forget", product_id=one, back="/").headers["Location"] == "/"
    sources = re.findall(r'name="product_id" value="([^"]+)"', web.get("/").text)
    assert sources == [two]


def test_a_listing_sorted_by_browsing_has_an_address(web: FlaskClient, shop: Shop) -> None:
    one, two = _ids(web, "Dresses", 2)
    for product_id in (one, two):
        web.get(f"/products/{product_id}")
    page = web.get("/search?category=Dresses").text
    [address] = re.findall(r'href="(/search\?[^"]*inspired=[^"]*)"', page)
    address = address.replace("&amp;", "&")
    assert "Sorted by your browsing" in web.get(address).text
    stranger = create_app(shop.settings).test_client()
    assert "Sorted by your browsing" in stranger.get(address).text
    plain = search(stranger, category="Dresses", inspired=[f"{two}^1", f"{one}^1"])["products"]
    assert [p["id"] for p in plain] == [
        p["id"] for p in search(stranger, category="Dresses", like=[two, one])["products"]
    ]


def test_from_the_bag_to_an_order_and_neither_is_recommended(web: FlaskClient, shop: Shop) -> None:
    dress, other, toy, *_ = *_ids(web, "Dresses", 2), *_ids(web, "Toys", 1)
    for product_id in (dress, toy):
        form = bagged(shop, product_id, 2)
        answer = _send(web, "/bag", **form, back=f"/products/{product_id}")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/products/{product_id}")
    web.get(f"/products/{other}")
    page = web.get("/bag").text
    assert "Similar to your bag" in page
    assert not set(_recommended(page)) & {dress, toy}

    _send(web, "/bag", product_id=toy, quantity="0")
    answer = _send(web, "/bag/order")
    assert "Nothing was charged" in web.get(answer.headers["Location"]).text
    visitor = _visitor(web)
    assert (visitor.bag, [line.product_id for line in visitor.orders[0].lines]) == ((), [dress])
    for path in ("/", "/bag", f"/products/{other}"):
        page = web.get(path).text
        grid = re.findall(r'class="card-title"><a href="/products/([^"?]+)', page.split("New in")[0])
        assert dress not in grid, path


def test_an_order_pressed_twice_is_one_order(web: FlaskClient) -> None:
    [toy] = _ids(web, "Toys", 1)
    _send(web, "/bag", product_id=toy, quantity="1")
    first, second = (_send(web, "/bag/order").headers["Location"] for _ in range(2))
    assert first.startswith("/bag/orders/")
    assert second == "/bag"
    assert len(_visitor(web).orders) == 1


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"product_id": "nothing", "quantity": "1"}, 404),
        ({"product_id": "", "quantity": "1"}, 404),
        ({"product_id": "dress-00001", "quantity": "many"}, 400),
        ({"product_id": "dress-00001", "quantity": "-1"}, 400),
        ({"product_id": "dress-00001", "quantity": "1e9"}, 400),
        ({"product_id": "x" * 9_000, "quantity": "1"}, 404),
    ],
)
def test_invalid_bag_changes_are_refused(web: FlaskClient, form: dict[str, str], status: int) -> None:
    assert _send(web, "/bag", **form).status_code == status
    assert _visitor(web).bag == ()


def test_erasing_deletes_everything(web: FlaskClient, shop: Shop) -> None:
    before = _stored(shop)
    for product_id in _ids(web, "Toys", 2):
        web.get(f"/products/{product_id}")
    _send(web, "/bag", product_id=_ids(web, "Toys", 1)[0], quantity="1")
    cookie = web.get_cookie(COOKIE)
    assert cookie
    assert "Forget me" in web.get("/your-data").text
    _send(web, "/your-data/erase")
    assert _stored(shop) == before
    assert "Nothing about you is remembered" in web.get("/your-data").text
    web.set_cookie(COOKIE, cookie.value)  # a copy of the cookie is useless now
    assert _visitor(web) == Visitor()


def test_events_over_the_api(web: FlaskClient) -> None:
    [product_id] = _ids(web, "Toys", 1)
    for kind in ("view", "like", "cart", "order", "dislike"):
        answer = web.post("/api/behaviour", json={"type": kind, "product_id": product_id})
        assert answer.status_code == 204, answer.text
    assert [e.kind for e in _visitor(web).events] == ["view", "like", "cart", "order", "dislike"]


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [
        ({"json": {"type": "view", "product_id": "nothing"}}, 404, "nothing"),
        ({"json": {"type": "steal", "product_id": "x"}}, 400, "type"),
        ({"json": {"type": "view"}}, 400, "product_id"),
        ({"json": {"type": "view", "product_id": "x", "more": 1}}, 400, "more"),
        ({"json": [1]}, 400, "body"),
        ({"data": "type=view", "content_type": "text/plain"}, 415, "application/json"),
        ({"data": "{", "content_type": "application/json"}, 400, "body"),
    ],
)
def test_invalid_events_are_refused(web: FlaskClient, sent: dict[str, Any], status: int, word: str) -> None:
    answer = web.post("/api/behaviour", **sent)
    assert answer.status_code == status
    assert word in answer.get_json(force=True)["detail"]
    assert "Set-Cookie" not in answer.headers


def test_the_shop_stays_open_while_redis_is_down(shop: Shop) -> None:
    settings = shop.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0", "rate_limit_pages": "900/minute"})
    web = create_app(settings).test_client()
    product_id = _ids(web, "Toys", 1)[0]
    for path in ("/", "/search?q=dress", f"/products/{product_id}", "/bag", "/your-data", "/photo", "/search?photo=x"):
        for _ in range(2):
            assert web.get(path).status_code == 200, path
    answer = _send(web, "/bag", product_id=product_id, quantity="1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert web.post("/api/behaviour", json={"type": "view", "product_id": product_id}).status_code == 503
