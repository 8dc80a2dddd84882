"""Catalogue events through the webhook and a real worker; failed products stay findable, with the reason."""

import io
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import redis
from click.testing import CliRunner
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient
from PIL import Image
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from es_mappings.product import LAYOUT
from indexer.catalog.events import Upsert, parse_event
from indexer.catalog.products import Product
from indexer.elastic import loading
from indexer.elastic.client import vector
from indexer.elastic.dead_letters import DeadLetter, DeadLetters
from indexer.settings import Settings
from tests.conftest import Shop, wait_until
from webapp import create_app
from workers.app import app as celery
from workers.dead_letters import main as dead_letters_cli

PICTURES = ["style:0", "text:0", "attributes:0"]  # weights of everything but the looks


def _send(web: FlaskClient, shop: Shop, *events: dict[str, Any], name: str | None = None) -> TestResponse:
    body = json.dumps({"events": events})
    assert shop.settings.webhook_secret
    now, name = datetime.now(UTC), name or f"msg_{secrets.token_hex(8)}"
    signature = Webhook(shop.settings.webhook_secret.get_secret_value()).sign(name, now, body)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    return web.post("/api/catalog/events", data=body, headers=headers, content_type="application/json")


def _upsert(product_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "upsert", "product": {"id": product_id, "title": "An event's product", **fields}}


def _product(shop: Shop, product_id: str) -> dict[str, Any] | None:
    return shop.index.products([product_id]).get(product_id)


def _embedding(shop: Shop, product_id: str) -> dict[str, Any]:
    product = _product(shop, product_id)
    return product["embedding"] if product else {}


def _settled(shop: Shop, product_id: str) -> None:
    wait_until(lambda: _embedding(shop, product_id).get("status") in {"done", "failed"}, f"embedding {product_id}")


@pytest.fixture(autouse=True)
def leave_the_shop_as_it_was(shop: Shop) -> Iterator[None]:
    """Delete what a test added: others count the products of the catalogue."""
    yield
    ids = [json.loads(line)["id"] for line in shop.catalogue.read_text().splitlines()]
    query = {"bool": {"must_not": [{"ids": {"values": ids}}]}}
    live = shop.index.live()  # the alias hides the deleted ones
    shop.client.indices.refresh(index=live)
    shop.client.delete_by_query(index=live, query=query, conflicts="proceed", refresh=True)


@pytest.fixture
def image(shop: Shop) -> Iterator[str]:
    """Add an image that no product has: one of the dresses, mirrored."""
    source = next((shop.catalogue.parent / "images").glob("dress-*.jpg"))
    file = shop.catalogue.parent / "images" / f"new-{secrets.token_hex(4)}.jpg"
    Image.open(source).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file, quality=92)
    yield file.as_uri()
    file.unlink()


def test_a_new_product_is_found_by_similarity(web: FlaskClient, shop: Shop, image: str) -> None:
    product_id = f"new-{secrets.token_hex(4)}"
    source = next((shop.catalogue.parent / "images").glob("dress-*.jpg")).stem
    begun = time.monotonic()
    assert _send(web, shop, _upsert(product_id, images=[image], category=["Novelties"])).status_code == 202

    def found() -> bool:
        query = {"like": source, "category": "Novelties", "weight": PICTURES}
        answer = web.get("/api/search", query_string=query).get_json()
        return [p["id"] for p in answer["products"] if p["similarity"] > 0.8] == [product_id]

    wait_until(found, "finding the new product")
    print(f"searchable by similarity after {time.monotonic() - begun:.2f} s")  # noqa: T201


def test_a_product_is_found_by_keyword_at_once_and_loses_nothing_when_its_image_fails(
    web: FlaskClient, shop: Shop
) -> None:
    folder = shop.catalogue.parent
    (folder / "text.jpg").write_text("no image")
    (folder / "half.jpg").write_bytes(next((folder / "images").glob("*.jpg")).read_bytes()[:3_000])
    faults = {
        "missing": ((folder / "none.jpg").as_uri(), "no image file"),
        "text": ((folder / "text.jpg").as_uri(), "not an image"),
        "half": ((folder / "half.jpg").as_uri(), "broken"),
        "outside": ("file:///etc/hostname", "IMAGE_ROOTS"),
        "internal": ("http://127.0.0.1:1/a.jpg", "isn't public"),
    }
    events = [_upsert(f"bad-{n}", title=f"Unpictured {n}", images=[url]) for n, (url, _) in faults.items()]
    assert _send(web, shop, *events).get_json() == {"accepted": len(faults), "errors": []}
    for name, (_, why) in faults.items():
        _settled(shop, f"bad-{name}")
        assert _embedding(shop, f"bad-{name}")["status"] == "failed"
        assert why in _embedding(shop, f"bad-{name}")["reason"]
    shop.index.refresh()
    assert web.get("/api/search?q=unpictured").get_json()["total"]["value"] == len(faults)
    listed = {f["id"]: f["embedding"]["reason"] for f in shop.index.failures()}
    assert {f"bad-{name}" for name in faults} <= set(listed)


def test_products_without_vector_come_last_and_are_not_lost(web: FlaskClient, shop: Shop) -> None:
    unqueued = parse_event(_upsert("plain", title="Plainest thing"))
    assert loading.apply_events(shop.index, [unqueued]).written == ["plain"]
    shop.index.refresh()
    liked = web.get("/api/search?category=Dresses&size=1").get_json()["products"][0]["id"]
    answer = web.get("/api/search", query_string={"like": liked, "q": "plainest"}).get_json()
    assert [(p["id"], p["similarity"]) for p in answer["products"]] == [("plain", 0.0)]
    unusable = web.get("/api/search?like=plain").get_json()
    assert "hasn't been processed yet" in unusable["warnings"][0]


def _parts(shop: Shop, product_id: str) -> dict[str, Any]:
    product = _product(shop, product_id)
    assert product
    return {a.name: vector(product["vector"])[a.part] for a in LAYOUT.aspects}


def test_a_product_without_image_is_similar_by_its_words(web: FlaskClient, shop: Shop) -> None:
    _send(web, shop, _upsert("words", title="Grey plush bunny", attributes={"toy_type": "bunny", "color": "grey"}))
    _settled(shop, "words")
    assert _embedding(shop, "words")["status"] == "done"
    parts = _parts(shop, "words")
    assert {name for name, part in parts.items() if part.any()} == {"text", "attributes"}

    def similar() -> dict[str, Any]:
        return web.get("/api/search?like=words&size=5").get_json()  # type: ignore[no-any-return]

    # A search reads a snapshot, which is up to a second old.
    wait_until(lambda: similar()["plan"]["strategy"] != "keywords", "a snapshot with the vector")
    assert {p["category"][0] for p in similar()["products"]} == {"Toys"}


def test_a_failed_image_keeps_the_text_part(web: FlaskClient, shop: Shop) -> None:
    missing = (shop.catalogue.parent / "none.jpg").as_uri()
    _send(web, shop, _upsert("half", title="Grey plush bunny", images=[missing]))
    _settled(shop, "half")
    assert _embedding(shop, "half")["status"] == "failed"
    assert "no image file" in _embedding(shop, "half")["reason"]
    assert {name for name, part in _parts(shop, "half").items() if part.any()} == {"text"}


def test_a_changed_text_is_embedded_without_fetching_an_image(
    web: FlaskClient, shop: Shop, image: str, tmp_path: Path
) -> None:
    _send(web, shop, _upsert("worded", title="Red silk gown", images=[image], version=1))
    _settled(shop, "worded")
    before = _parts(shop, "worded")
    file = Path(urlsplit(image).path)
    file.rename(tmp_path / file.name)  # nobody can fetch it now
    _send(web, shop, _upsert("worded", title="Toy tractor", images=[image], attributes={"wheels": 4}, version=2))
    assert _product(shop, "worded"), "the product is found meanwhile"
    assert _parts(shop, "worded")["look"].any(), "its vector stays meanwhile"

    def is_embedded_again() -> bool:
        product = _product(shop, "worded") or {}
        return bool(product["title"] == "Toy tractor" and product["embedding"]["status"] == "done")

    wait_until(is_embedded_again, "the new words' vector")
    (tmp_path / file.name).rename(file)
    after = _parts(shop, "worded")
    assert _embedding(shop, "worded")["status"] == "done"
    np.testing.assert_allclose(before["look"], after["look"], atol=1e-3)
    np.testing.assert_allclose(before["color"], after["color"], atol=1e-3)
    assert float(before["text"] @ after["text"]) < 0.5


def test_the_newest_version_wins_and_the_vector_stays_with_the_image(web: FlaskClient, shop: Shop, image: str) -> None:
    def price() -> Any:
        return (_product(shop, "versioned") or {}).get("price")

    _send(web, shop, _upsert("versioned", images=[image], version=2, price=20))
    _settled(shop, "versioned")
    embedded_at = _embedding(shop, "versioned")["at"]
    _send(web, shop, _upsert("versioned", images=[image], version=1, price=10))
    _send(web, shop, _upsert("versioned", images=[image], version=3, price=30))
    wait_until(lambda: price() == 30, "the newest price")
    _send(web, shop, {"type": "update", "id": "versioned", "version": 4, "fields": {"price": 40}})
    wait_until(lambda: price() == 40, "the price that was updated alone")
    product = _product(shop, "versioned")
    assert product
    assert (product["version"], product["embedding"]["at"], len(product["vector"])) == (3, embedded_at, LAYOUT.dims)
    _send(web, shop, {"type": "delete", "id": "versioned", "version": 2})
    _send(web, shop, {"type": "update", "id": "versioned", "version": 5, "fields": {"price": 50}})
    wait_until(lambda: price() == 50, "a price after a delete that came too late")
    assert _send(web, shop, {"type": "delete", "id": "versioned", "version": 6}).status_code == 202
    wait_until(lambda: _product(shop, "versioned") is None, "the delete")
    assert web.get("/api/products/versioned").status_code == 404
    assert _send(web, shop, {"type": "delete", "id": "versioned", "version": 7}).status_code == 202


def test_a_repeated_event_without_version_is_no_newer_than_events_in_between(web: FlaskClient, shop: Shop) -> None:
    name = f"msg_{secrets.token_hex(8)}"
    _send(web, shop, _upsert("again", price=1), name=name)
    wait_until(lambda: bool(_product(shop, "again")), "the product")
    time.sleep(0.01)
    _send(web, shop, _upsert("again", price=2))
    wait_until(lambda: (_product(shop, "again") or {}).get("price") == 2, "the second price")
    _send(web, shop, _upsert("again", price=1), name=name)
    _send(web, shop, _upsert("again-after"))
    wait_until(lambda: bool(_product(shop, "again-after")), "what was sent after it")
    assert (_product(shop, "again") or {})["price"] == 2


def test_a_full_queue_or_redis_down_is_a_503_and_accepts_nothing(web: FlaskClient, shop: Shop) -> None:
    server = redis.Redis.from_url(shop.settings.redis_url)
    alias = f"{shop.alias}-full"
    full = create_app(shop.settings.model_copy(update={"index_name": alias, "queue_limit": 3})).test_client()
    answers = [_send(full, shop, _upsert(f"q{n}")) for n in range(5)]
    assert [a.status_code for a in answers] == [202, 202, 202, 503, 503]
    assert answers[-1].headers["Retry-After"]
    assert "QUEUE_LIMIT" in answers[-1].text
    assert server.xlen(f"{alias}:events") == 3
    server.delete(*server.keys(f"{alias}:*"))
    gone = _send(_with_settings(shop.settings, redis_url="redis://127.0.0.1:9/0"), shop, _upsert("never"))
    assert (gone.status_code, gone.headers["Retry-After"]) == (503, "5")


def test_another_system_sends_a_task_by_name(shop: Shop) -> None:
    celery.send_task("workers.accept_events", args=[[_upsert("by-task"), {"type": "explode"}]], queue="writing")
    wait_until(lambda: bool(_product(shop, "by-task")), "the product of the task")
    letters = DeadLetters(shop.index)

    def exploded() -> list[DeadLetter]:
        return [letter for letter in letters.latest() if letter.event == {"type": "explode"}]

    wait_until(lambda: bool(exploded()), "the dead letter of the event that isn't valid")
    [letter] = exploded()
    assert letter.kind == "event"
    listed = CliRunner().invoke(dead_letters_cli, ["list"])
    assert letter.id in listed.output
    retried = CliRunner().invoke(dead_letters_cli, ["retry", letter.id])
    assert "0 queued again" in retried.output
    dropped = CliRunner().invoke(dead_letters_cli, ["drop", letter.id])
    assert "1 dropped" in dropped.output
    assert not exploded()


def test_metrics_are_shown(web: FlaskClient, shop: Shop) -> None:
    _send(web, shop, _upsert("measured"))
    _settled(shop, "measured")
    text = web.get("/metrics").text
    for name in (
        'lookalike_events_total{source="hook"}', "lookalike_events_written_total", "lookalike_embedded_total",
        "lookalike_images_total",
        'lookalike_queue_depth{queue="events"}', "lookalike_lag_seconds_bucket", 'lookalike_up{server="redis"} 1.0',
        'lookalike_products{status="done"}',
    ):  # fmt: skip
        assert name in text
    away = _with_settings(shop.settings, redis_url="redis://127.0.0.1:9/0", elasticsearch_url="http://127.0.0.1:9")
    assert 'lookalike_up{server="elasticsearch"} 0.0' in away.get("/metrics").text


def test_another_image_gives_another_vector(web: FlaskClient, shop: Shop, image: str) -> None:
    _send(web, shop, _upsert("changing", images=[image], version=1))
    _settled(shop, "changing")
    before = shop.index.products(["changing"])["changing"]["vector"]
    laptop = next((shop.catalogue.parent / "images").glob("laptop-*.jpg")).as_uri()
    _send(web, shop, _upsert("changing", images=[laptop], version=2))
    wait_until(lambda: _embedding(shop, "changing").get("image") == laptop, "the new image's vector")
    assert shop.index.products(["changing"])["changing"]["vector"] != before


def test_any_of_several_images_can_match(web: FlaskClient, shop: Shop, image: str) -> None:
    folder = shop.catalogue.parent / "images"
    laptops = sorted(folder.glob("laptop-*.jpg"))
    images = [image, laptops[0].as_uri(), (folder / "none.jpg").as_uri()]
    _send(web, shop, _upsert("several", images=images, category=["Sets"], version=1))
    _settled(shop, "several")
    shop.index.refresh()

    def found(**arguments: str) -> dict[str, Any]:
        query = {"like": laptops[0].stem, "category": "Sets", "weight": PICTURES, **arguments}
        [product] = web.get("/api/search", query_string=query).get_json()["products"]
        return dict(product)

    assert found()["similarity"] < 0.75
    assert found(images="any")["similarity"] == pytest.approx(1, abs=1e-3)
    assert "n=1" in found(images="any")["image"]
    assert web.get(found(images="any")["image"]).status_code == 200
    assert web.get("/pictures/several/320.webp?n=9").status_code == 404
    # A change of the price alone keeps every vector, and embeds nothing again.
    _send(web, shop, _upsert("several", images=images, category=["Sets"], version=2, price=5))
    wait_until(lambda: found(images="any")["price"] == 5, "showing the new price")
    assert found(images="any")["similarity"] == pytest.approx(1, abs=1e-3)


def test_each_invalid_event_is_named_and_the_others_are_accepted(web: FlaskClient, shop: Shop) -> None:
    answer = _send(web, shop, _upsert("good"), {"type": "upsert", "product": {"id": "x"}}, {"type": "explode"}, 5)  # type: ignore[arg-type]
    assert answer.status_code == 202
    body = answer.get_json()
    assert body["accepted"] == 1
    assert [e["index"] for e in body["errors"]] == [1, 2, 3]
    assert "title" in body["errors"][0]["detail"]
    none = _send(web, shop, {"type": "explode"})
    assert none.status_code == 400
    assert none.get_json(force=True)["errors"][0]["index"] == 0


def test_unsigned_requests_are_refused(web: FlaskClient, shop: Shop) -> None:
    answer = web.post("/api/catalog/events", json={"events": [_upsert("forged")]})
    assert answer.status_code == 401
    assert _product(shop, "forged") is None


def test_nothing_is_accepted_without_a_secret(shop: Shop) -> None:
    settings = shop.settings.model_copy(update={"webhook_secret": None})
    assert create_app(settings).test_client().post("/api/catalog/events", json={}).status_code == 503


def _with_settings(settings: Settings, **changes: str) -> FlaskClient:
    return create_app(settings.model_copy(update=changes)).test_client()


def test_elasticsearch_down_is_a_503(shop: Shop) -> None:
    web = _with_settings(shop.settings, elasticsearch_url="http://127.0.0.1:9")
    for path in ("/api/search", "/search", "/"):
        answer = web.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "Traceback" not in answer.text
    assert web.get("/healthz").get_json()["elasticsearch"].startswith("down")


def test_searches_and_pictures_work_while_redis_is_down(shop: Shop) -> None:
    web = _with_settings(shop.settings, redis_url="redis://127.0.0.1:9/0")
    product = web.get("/api/search?size=1").get_json()["products"][0]
    assert web.get(product["image"]).status_code == 200
    assert web.get("/healthz").status_code == 503


def test_a_missing_index_is_reported(settings: Settings, client: Elasticsearch, tmp_path: Path) -> None:
    answer = _with_settings(settings, index_name="test-nothing-here").get("/api/search")
    assert answer.status_code == 503


def test_a_picture_of_a_hostile_image_is_a_placeholder(web: FlaskClient, shop: Shop) -> None:
    bomb = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(bomb, "PNG")
    (shop.catalogue.parent / "bomb.png").write_bytes(bomb.getvalue())
    _send(web, shop, _upsert("bomb", images=[(shop.catalogue.parent / "bomb.png").as_uri()]))
    _settled(shop, "bomb")
    assert "megapixels" in _embedding(shop, "bomb")["reason"]
    assert web.get("/pictures/bomb/480.webp").status_code == 404


def test_an_event_that_elasticsearch_refuses_a_whole_request_for_stands_alone(shop: Shop) -> None:
    good = [parse_event({"type": "upsert", "product": {"id": f"halved-{n}", "title": "Halved"}}) for n in range(4)]
    long = Product.model_construct(id="x" * 600, title="Too long an id for Elasticsearch", version=1)
    bad = Upsert.model_construct(type="upsert", product=long)
    outcome = loading.write_events(shop.index, [*good[:2], bad, *good[2:]])
    assert [failure is None for failure in outcome] == [True, True, False, True, True]
    assert outcome[2]
    assert "too long" in outcome[2].reason
    assert len(shop.index.products([event.id for event in good])) == 4
    shop.client.delete_by_query(index=shop.alias, query={"prefix": {"id": "halved-"}}, refresh=True)
