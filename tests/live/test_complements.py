"""Products that were ordered together are recommended with each other, with the number of orders; others are not."""

import json
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from es_mappings.co_purchases import CoPurchase
from tests.conftest import Shop
from tests.forms import csrf_token
from tests.live.shopping import bagged, get, search
from webapp import create_app
from workers.orders import main as orders
from workers.queues.connection import COMMAND
from workers.queues.handle import Queues


@pytest.fixture(autouse=True)
def queues(shop: Shop) -> Iterator[Queues]:
    with Queues.open(shop.settings, COMMAND) as queues:
        queues.co_purchases.forget()
        yield queues
        queues.co_purchases.forget()


def _some(web: FlaskClient, category: str, size: int = 1) -> list[dict[str, Any]]:
    products: list[dict[str, Any]] = search(web, category=category, in_stock="true", size=size)["products"]
    return products


def _order(shop: Shop, *ids: str) -> None:
    """Order as one shopper who comes for the first time."""
    web = create_app(shop.settings).test_client()
    for form in [*(bagged(shop, product_id) for product_id in ids), {}]:
        token = csrf_token(web.get("/photo").text)
        answer = web.post("/bag" if form else "/bag/order", data={"csrf_token": token, **form})
        assert answer.status_code == 303


def _import(tmp_path: Path, *lines: Any) -> Any:
    file = tmp_path / "orders.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    return CliRunner().invoke(orders, [str(file)])


def test_what_shoppers_order_together_is_shown_on_both_products_and_in_the_bag(web: FlaskClient, shop: Shop) -> None:
    [dress], [toy] = _some(web, "Dresses"), _some(web, "Toys")
    for _ in range(3):
        assert "Goes with this" not in web.get(f"/products/{dress['id']}").text
        _order(shop, dress["id"], toy["id"])
    for product, partner in ((dress, toy), (toy, dress)):
        page = unescape(web.get(f"/products/{product['id']}").text)
        assert "Goes with this" in page
        assert f"Bought together with {product['title']} 3 times" in page
        first = get(web, "/api/goes-with", product_id=product["id"])["products"][0]
        assert (first["id"], first["goes_with"]) == (partner["id"], product["id"])
        assert (first["together"], first["categories"]) == (3, None)
    token = csrf_token(web.get("/photo").text)
    web.post("/bag", data={"csrf_token": token, **bagged(shop, dress["id"])})
    bag = web.get("/bag").text
    assert "Goes with your bag" in bag
    assert f'href="/products/{toy["id"]}"' in bag


def test_one_shopper_alone_makes_nothing_go_together(web: FlaskClient, queues: Queues) -> None:
    [dress], [toy] = _some(web, "Dresses"), _some(web, "Toys")
    body = {"type": "order", "product_id": dress["id"], "ordered_with": [toy["id"]]}
    for _ in range(5):
        assert web.post("/api/behaviour", json=body).status_code == 204
    assert queues.co_purchases.read("product", [dress["id"]]) == []
    for _ in range(2):  # other shoppers
        assert web.application.test_client().post("/api/behaviour", json=body).status_code == 204
    [pair] = queues.co_purchases.read("product", [dress["id"]])
    assert pair == CoPurchase(dress["id"], toy["id"], 3, 3, 3, 3)


def test_past_orders_bring_complements_of_products_and_of_their_categories(
    web: FlaskClient, shop: Shop, tmp_path: Path
) -> None:
    dresses, laptops = _some(web, "Dresses", 40), _some(web, "Laptops", 12)
    kind = dresses[0]["category"]
    ordered, new = [d for d in dresses if d["category"] == kind][:2]
    history = [[ordered["id"], laptop["id"]] for laptop in laptops[:4] for _ in range(2 + laptops.index(laptop))]
    answer = _import(tmp_path, *history, ["no such product", ordered["id"]])
    assert answer.exit_code == 0, answer.output
    assert "15 orders counted; 1 products" in answer.output

    answered = get(web, "/api/goes-with", product_id=ordered["id"])
    assert answered["basis"] == "orders"
    by_pair = [p for p in answered["products"] if p["categories"] is None]
    assert [(p["id"], p["together"]) for p in by_pair] == [
        (laptop["id"], count) for laptop, count in zip(laptops[3:0:-1], (5, 4, 3), strict=True)
    ]
    of_new = get(web, "/api/goes-with", product_id=new["id"])
    assert of_new["basis"] == "orders"
    for product in of_new["products"]:  # nobody has ordered it, but others of its category
        assert product["categories"][0] == "/".join(kind)
        assert "/".join(product["category"]) == product["categories"][1]
        assert product["category"][0] == "Laptops"
        assert f"bought together {product['together']} times" in product["reason"]


def test_where_nothing_is_known_it_says_so_and_shows_what_is_similar(web: FlaskClient, shop: Shop) -> None:
    [dress] = _some(web, "Dresses")
    answered = get(web, "/api/goes-with", product_id=dress["id"])
    assert answered["basis"] == "similar"
    assert answered["products"]
    assert {p["together"] for p in answered["products"]} == {None}
    assert dress["id"] not in {p["id"] for p in answered["products"]}
    assert "Goes with this" not in web.get(f"/products/{dress['id']}").text
    token = csrf_token(web.get("/photo").text)
    web.post("/bag", data={"csrf_token": token, **bagged(shop, dress["id"])})
    bag = web.get("/bag").text
    assert "Similar to your bag" in bag
    assert "Nobody has ordered anything with your bag yet" in bag


def test_a_wrong_line_of_past_orders_is_named(shop: Shop, tmp_path: Path) -> None:
    answer = _import(tmp_path, ["dress-00001"], {"products": "dress-00001"})
    assert answer.exit_code == 1
    assert "orders.jsonl, line 2: must be a JSON list of product ids" in answer.output


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("product_id=nothing", 404, "nothing"),
        ("", 400, "product_id"),
        ("&".join(["product_id=x"] * 51), 400, "product_id"),
        ("product_id=x&size=3", 400, "size"),
    ],
)
def test_wrong_questions_for_complements_are_refused(web: FlaskClient, query: str, status: int, word: str) -> None:
    answer = web.get(f"/api/goes-with?{query}")
    assert answer.status_code == status
    assert word in answer.get_json(force=True)["detail"]


def test_only_orders_have_other_products(web: FlaskClient) -> None:
    answer = web.post("/api/behaviour", json={"type": "view", "product_id": "x", "ordered_with": ["y"]})
    assert answer.status_code == 400
    assert "only an order" in answer.get_json(force=True)["detail"]
