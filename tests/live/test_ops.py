"""The operations page: what it shows, to whom, and while servers are down."""

import re

import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from es_mappings.stores import dead_letter
from indexer.catalog.report import LoadReport, Outcome, Refusal
from indexer.catalog.values.changes import Change
from indexer.elastic.dead_letters import DeadLetter, DeadLetters
from indexer.elastic.load_reports import LoadReports
from indexer.elastic.product_index import ProductIndex
from tests.conftest import PRODUCTS, Shop
from tests.forms import csrf_token
from tests.live.shopping import search
from webapp import create_app
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import EventQueue


def _log_in(web: FlaskClient, shop: Shop) -> None:
    token = csrf_token(web.get("/staff/login").text)
    assert shop.settings.staff
    name, _, password = shop.settings.staff.get_secret_value().split(",")[0].partition(":")
    answer = web.post("/staff/login", data={"csrf_token": token, "name": name, "password": password})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops")


def test_strangers_are_asked_to_log_in(web: FlaskClient) -> None:
    answer = web.get("/ops")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/login?to=/ops")


def test_staff_see_a_products_whole_document(web: FlaskClient, shop: Shop) -> None:
    product_id = search(web, size=1)["products"][0]["id"]
    address = f"/ops/products/{product_id}.json"
    assert web.get(address).status_code == 303
    _log_in(web, shop)
    document = web.get(address).get_json()
    assert document["embedding"]["status"] == "done"
    assert document["images"]
    assert "vector" not in document


def test_what_it_shows(web: FlaskClient, shop: Shop) -> None:
    liked = search(web, size=1)["products"][0]["id"]
    search(web, like=liked)
    _log_in(web, shop)
    answer = web.get("/ops")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", answer.text))
    assert int(figures["Products"]) == int(figures["With a vector"]) + int(figures["Waiting"]) + int(figures["Failed"])
    assert int(figures["Products"]) >= PRODUCTS
    assert "Not available right now" not in answer.text
    for word in ("Dead letters", "Rebuild", "Products to embed", "keywords"):
        assert word in answer.text


def test_the_last_loads_are_shown_with_what_was_refused(web: FlaskClient, shop: Shop) -> None:
    report = LoadReport("shown.csv", "shown.csv: read as CSV")
    refusal = Refusal(2, "in_stock: an unknown word", "in_stock: '<maybe>' is neither yes, no nor a count")
    report.add(Outcome(2, ["a"], refused=[refusal], changes=[(3, Change("text cut", "title", "'long'", "'lo…'"))]))
    LoadReports(shop.index).add(report)
    _log_in(web, shop)
    page = web.get("/ops").text
    for shown in (
        "shown.csv: 2 read, 1 written",
        "1 refused",
        "in_stock: an unknown word",
        "line 2: in_stock: &#39;&lt;maybe&gt;&#39; is neither",
        "line 3: title, &#39;long&#39; became",
    ):
        assert shown in page


def _act(web: FlaskClient, act: str, **more: list[str]) -> TestResponse:
    token = csrf_token(web.get("/ops").text)
    return web.post("/ops/letters", data={"csrf_token": token, "act": act, **more})


def test_dead_letters_are_tried_again_or_dropped(web: FlaskClient, shop: Shop) -> None:
    alias = f"{shop.alias}-letters"
    web = create_app(shop.settings.model_copy(update={"index_name": alias})).test_client()
    letters, server = DeadLetters(ProductIndex(shop.client, alias)), redis.Redis.from_url(shop.settings.redis_url)
    events, products = EventQueue(server, alias, 100), EmbeddingQueue(server, alias)
    good = {"type": "delete", "id": "gone", "version": 3}
    chosen = [
        DeadLetter("event", "gone", "a mapping was wrong", good, "e1"),
        DeadLetter("event", "bad", "not valid", {"type": "upsert", "product": {"id": "bad"}}, "e2"),
        DeadLetter("embedding", "poison", "given up after 3 tries"),
        DeadLetter("embedding", "other", "given up after 3 tries"),
    ]
    letters.add(chosen)
    refused = web.post("/ops/letters", data={"act": "drop"})
    assert refused.status_code == 400  # no token
    _log_in(web, shop)
    assert "Retry these 4" in web.get("/ops").text
    answer = _act(web, f"retry {chosen[2].id}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops#ops-letters")
    assert "Queued again: 1." in web.get("/ops").text
    assert (letters.count(), products.depth(), events.depth()) == (3, 1, 0)
    _act(web, "retry", shown=[letter.id for letter in chosen[:2]])
    page = web.get("/ops").text
    assert "Queued again: 1." in page
    assert "bad cannot be retried as it is" in page
    assert [entry.event for entry in events.take(5, "t")] == [good]
    _act(web, f"drop {chosen[1].id}")
    assert {letter.product for letter in letters.latest()} == {"other"}
    _act(web, "drop", shown=[chosen[3].id])
    assert letters.count() == 0
    assert _act(web, "burn").status_code == 400
    server.delete(*server.scan_iter(f"{alias}:*"))


def test_strangers_cannot_decide_about_dead_letters(web: FlaskClient) -> None:
    token = csrf_token(web.get("/staff/login").text)
    assert web.post("/ops/letters", data={"csrf_token": token, "act": "drop"}).status_code == 401


def test_the_page_works_while_servers_are_down(shop: Shop) -> None:
    for changes in (
        {"elasticsearch_url": "http://127.0.0.1:1"},
        {"redis_url": "redis://127.0.0.1:1/0"},
        {"elasticsearch_url": "http://127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0"},
    ):
        web = create_app(shop.settings.model_copy(update=changes)).test_client()
        _log_in(web, shop)
        answer = web.get("/ops")
        assert answer.status_code == 200
        assert "Not available right now" in answer.text


def test_a_store_of_an_earlier_version_gets_the_fields_it_lacks(shop: Shop) -> None:
    letters = DeadLetters(ProductIndex(shop.client, f"{shop.alias}-earlier"))
    today = dead_letter.mapping()
    earlier = {name: field for name, field in today["properties"].items() if name != "event_id"}
    shop.client.indices.create(index=letters.index, mappings={**today, "properties": earlier})
    letters.add([DeadLetter("event", "gone", "a mapping was wrong", None, "e1")])
    assert [letter.event_id for letter in letters.latest()] == ["e1"]
    shop.client.indices.delete(index=letters.index)
