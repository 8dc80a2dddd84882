"""Sizes in the bag: asked for where a product has several, kept, and ordered."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from indexer.settings import Settings
from webapp import create_app
from webapp.services.resilience import ResilientNavigation
from webapp.services.visitors import BagItem, Visitor, Visitors
from webapp.storefront import behaviour

PRODUCTS: dict[str, dict[str, Any]] = {
    "dress": {"id": "dress", "title": "Dress", "price": 10.0, "attributes": {"sizes": ["S", "M"]}},
    "shirt-m": {"id": "shirt-m", "title": "Shirt", "price": 5.0, "attributes": {"Size": "M"}},
    "toy": {"id": "toy", "title": "Toy", "price": 1.0, "attributes": {}},
}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, Visitor]:
    """Keep visitors in memory, and return them."""
    memory: dict[str, Visitor] = {}

    def change(_: object, visitor_id: str, changed: Callable[[Visitor], Visitor]) -> Visitor:
        memory[visitor_id] = changed(memory.get(visitor_id, Visitor()))
        return memory[visitor_id]

    monkeypatch.setattr(Visitors, "read", lambda _, visitor_id: memory.get(visitor_id, Visitor()))
    monkeypatch.setattr(Visitors, "change", change)
    return memory


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, kept: dict[str, Visitor]) -> FlaskClient:
    def products(_: object, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {i: PRODUCTS[i] for i in ids if i in PRODUCTS}

    monkeypatch.setattr(ResilientNavigation, "products", products)
    monkeypatch.setattr(ResilientNavigation, "categories", lambda _: [])
    for rails in ("for_bag", "inspired"):
        monkeypatch.setattr(ResilientNavigation, rails, lambda *_: [])
    monkeypatch.setattr(behaviour, "count_order", lambda *_: None)
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def _add(web: FlaskClient, product_id: str, **more: str) -> TestResponse:
    return web.post("/bag", data={"product_id": product_id, "add": "1", "back": "/products/dress", **more})


def _bag(kept: dict[str, Visitor]) -> tuple[BagItem, ...]:
    return next(iter(kept.values())).bag if kept else ()


def test_a_size_is_asked_for_where_there_are_several(web: FlaskClient, kept: dict[str, Visitor]) -> None:
    answer = _add(web, "dress")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/products/dress?missing=size")
    assert _add(web, "", back="/products/dress?missing=size").headers["Location"] == "/products/dress?missing=size"
    assert _bag(kept) == ()


def test_the_bag_keeps_the_size_and_the_page_asks_no_longer(web: FlaskClient, kept: dict[str, Visitor]) -> None:
    answer = _add(web, "dress", size="M", back="/products/dress?like=a^2&missing=size")
    assert answer.headers["Location"] == "/products/dress?like=a%5E2"
    _add(web, "dress", size="S")
    _add(web, "dress", size="M")
    assert _bag(kept) == (BagItem("dress", 2, "M"), BagItem("dress", 1, "S"))
    page = web.get("/bag").text
    assert (page.count("Size M"), page.count("Size S")) == (1, 1)


def test_a_size_that_the_product_has_by_itself_needs_no_choice(web: FlaskClient, kept: dict[str, Visitor]) -> None:
    _add(web, "shirt-m")
    _add(web, "toy")
    assert _bag(kept) == (BagItem("shirt-m", 1, "M"), BagItem("toy", 1))


@pytest.mark.parametrize(("product_id", "size"), [("dress", "XL"), ("toy", "M"), ("dress", "<script>")])
def test_a_size_that_there_is_not_is_refused_by_name(
    web: FlaskClient, kept: dict[str, Visitor], product_id: str, size: str
) -> None:
    answer = _add(web, product_id, size=size)
    assert answer.status_code == 400
    assert "size:" in answer.text
    assert "<script>alert" not in answer.text
    assert _bag(kept) == ()


def test_the_quantity_of_one_size_is_changed_and_removed(web: FlaskClient, kept: dict[str, Visitor]) -> None:
    for size in ("S", "M"):
        _add(web, "dress", size=size)
    bag = web.get("/bag").text
    assert '<button class="button" aria-describedby="order-note">Place order</button>' in bag
    assert 'id="order-note">This is a sandbox' in bag
    web.post("/bag", data={"product_id": "dress", "size": "S", "quantity": "3", "back": "/bag"})
    assert _bag(kept) == (BagItem("dress", 3, "S"), BagItem("dress", 1, "M"))
    web.post("/bag", data={"product_id": "dress", "size": "S", "quantity": "0", "back": "/bag"})
    assert _bag(kept) == (BagItem("dress", 1, "M"),)


def test_the_order_says_which_sizes(web: FlaskClient, kept: dict[str, Visitor]) -> None:
    for size in ("S", "M"):
        _add(web, "dress", size=size)
    page = web.post("/bag/order", follow_redirects=True).text
    assert (", size S" in page, ", size M" in page) == (True, True)
    [visitor] = kept.values()
    assert [(line.product_id, line.size, line.quantity) for line in visitor.orders[0].lines] == [
        ("dress", "S", 1),
        ("dress", "M", 1),
    ]
    assert visitor.bag == ()
