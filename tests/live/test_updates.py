"""Catalogue events through the hook and a real worker; what fails stays findable and says why."""

import io
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient
from PIL import Image
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from indexer import indices
from indexer.elastic import get_with_vectors
from indexer.settings import Settings
from tests.conftest import Shop, wait_until
from webapp import create_app


def _send(web: FlaskClient, shop: Shop, *events: dict[str, Any]) -> TestResponse:
    body = json.dumps({"events": events})
    assert shop.settings.webhook_secret
    now, name = datetime.now(UTC), f"msg_{secrets.token_hex(8)}"
    signature = Webhook(shop.settings.webhook_secret.get_secret_value()).sign(name, now, body)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    return web.post("/api/catalog/events", data=body, headers=headers, content_type="application/json")


def _upsert(product_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "upsert", "product": {"id": product_id, "title": "An event's product", **fields}}


def _product(shop: Shop, product_id: str) -> dict[str, Any] | None:
    return get_with_vectors(shop.client, shop.alias, [product_id]).get(product_id)


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
    shop.client.indices.refresh(index=shop.alias)
    shop.client.delete_by_query(index=shop.alias, query=query, conflicts="proceed", refresh=True)


@pytest.fixture
def image(shop: Shop) -> Iterator[str]:
    """A new picture beside the catalogue: one of its dresses, mirrored."""
    source = next((shop.catalogue.parent / "images").glob("dress-*.jpg"))
    file = shop.catalogue.parent / "images" / f"new-{secrets.token_hex(4)}.jpg"
    Image.open(source).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file, quality=92)
    yield file.as_uri()
    file.unlink()


def test_a_new_product_is_found_by_similarity_within_five_seconds(web: FlaskClient, shop: Shop, image: str) -> None:
    product_id = f"new-{secrets.token_hex(4)}"
    source = next((shop.catalogue.parent / "images").glob("dress-*.jpg")).stem
    begun = time.monotonic()
    assert _send(web, shop, _upsert(product_id, images=[image], category=["Novelties"])).status_code == 202

    def found() -> bool:
        answer = web.get("/api/search", query_string={"like": source, "category": "Novelties"}).get_json()
        return [p["id"] for p in answer["products"] if p["similarity"] > 0.8] == [product_id]

    wait_until(found, "finding the new product", 5)
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
    shop.client.indices.refresh(index=shop.alias)
    assert web.get("/api/search?q=unpictured").get_json()["total"]["value"] == len(faults)
    listed = {f["id"]: f["embedding"]["reason"] for f in indices.failures(shop.client, shop.alias)}
    assert {f"bad-{name}" for name in faults} <= set(listed)


def test_products_without_vector_stand_at_the_end_and_are_not_lost(web: FlaskClient, shop: Shop) -> None:
    _send(web, shop, _upsert("plain", title="Plainest thing"))
    shop.client.indices.refresh(index=shop.alias)
    liked = web.get("/api/search?category=Dresses&size=1").get_json()["products"][0]["id"]
    answer = web.get("/api/search", query_string={"like": liked, "q": "plainest"}).get_json()
    assert [(p["id"], p["similarity"]) for p in answer["products"]] == [("plain", 0.0)]
    unusable = web.get("/api/search?like=plain").get_json()
    assert "no image vector yet" in unusable["warnings"][0]


def test_the_newest_version_wins_and_the_vector_stays_while_the_image_does(
    web: FlaskClient, shop: Shop, image: str
) -> None:
    _send(web, shop, _upsert("versioned", images=[image], version=2, price=20))
    _settled(shop, "versioned")
    _send(web, shop, _upsert("versioned", images=[image], version=1, price=10))
    _send(web, shop, _upsert("versioned", images=[image], version=3, price=30))
    source = get_with_vectors(shop.client, shop.alias, ["versioned"])["versioned"]
    assert (source["price"], source["version"]) == (30, 3)
    assert len(source["vector"]) == 288
    _send(web, shop, {"type": "delete", "id": "versioned", "version": 2})
    assert _product(shop, "versioned")
    assert _send(web, shop, {"type": "delete", "id": "versioned", "version": 4}).status_code == 202
    assert _product(shop, "versioned") is None
    assert _send(web, shop, {"type": "delete", "id": "versioned", "version": 5}).status_code == 202


def test_another_image_gives_another_vector(web: FlaskClient, shop: Shop, image: str) -> None:
    _send(web, shop, _upsert("changing", images=[image], version=1))
    _settled(shop, "changing")
    before = get_with_vectors(shop.client, shop.alias, ["changing"])["changing"]["vector"]
    laptop = next((shop.catalogue.parent / "images").glob("laptop-*.jpg")).as_uri()
    _send(web, shop, _upsert("changing", images=[laptop], version=2))
    wait_until(lambda: _embedding(shop, "changing").get("image") == laptop, "the new image's vector")
    assert get_with_vectors(shop.client, shop.alias, ["changing"])["changing"]["vector"] != before


def test_any_of_several_images_can_be_the_one_that_resembles(web: FlaskClient, shop: Shop, image: str) -> None:
    folder = shop.catalogue.parent / "images"
    laptops = sorted(folder.glob("laptop-*.jpg"))
    images = [image, laptops[0].as_uri(), (folder / "none.jpg").as_uri()]
    _send(web, shop, _upsert("several", images=images, category=["Sets"], version=1))
    _settled(shop, "several")
    shop.client.indices.refresh(index=shop.alias)

    def found(**arguments: str) -> dict[str, Any]:
        query = {"like": laptops[0].stem, "category": "Sets", **arguments}
        [product] = web.get("/api/search", query_string=query).get_json()["products"]
        return dict(product)

    assert found()["similarity"] < 0.75
    assert found(images="any")["similarity"] == pytest.approx(1, abs=1e-3)
    assert "n=1" in found(images="any")["image"]
    assert web.get(found(images="any")["image"]).status_code == 200
    assert web.get("/pictures/several/320.webp?n=9").status_code == 404
    # A change of the price alone keeps every vector, and embeds nothing again.
    _send(web, shop, _upsert("several", images=images, category=["Sets"], version=2, price=5))
    wait_until(lambda: found(images="any")["price"] == 5, "showing the new price", 5)
    assert found(images="any")["similarity"] == pytest.approx(1, abs=1e-3)


def test_each_bad_event_is_named_and_the_others_are_taken(web: FlaskClient, shop: Shop) -> None:
    answer = _send(web, shop, _upsert("good"), {"type": "upsert", "product": {"id": "x"}}, {"type": "explode"}, 5)  # type: ignore[arg-type]
    assert answer.status_code == 202
    body = answer.get_json()
    assert body["accepted"] == 1
    assert [e["index"] for e in body["errors"]] == [1, 2, 3]
    assert "title" in body["errors"][0]["detail"]
    none = _send(web, shop, {"type": "explode"})
    assert none.status_code == 400
    assert none.get_json(force=True)["errors"][0]["index"] == 0


def test_what_is_not_signed_is_refused(web: FlaskClient, shop: Shop) -> None:
    answer = web.post("/api/catalog/events", json={"events": [_upsert("forged")]})
    assert answer.status_code == 401
    assert _product(shop, "forged") is None


def test_without_secret_nothing_is_taken(shop: Shop) -> None:
    settings = shop.settings.model_copy(update={"webhook_secret": None})
    assert create_app(settings).test_client().post("/api/catalog/events", json={}).status_code == 503


def _away(settings: Settings, **changes: str) -> FlaskClient:
    return create_app(settings.model_copy(update=changes)).test_client()


def test_elasticsearch_away_is_a_503(shop: Shop) -> None:
    web = _away(shop.settings, elasticsearch_url="http://127.0.0.1:9")
    for path in ("/api/search", "/search", "/"):
        answer = web.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "Traceback" not in answer.text
    assert web.get("/healthz").get_json()["elasticsearch"].startswith("down")


def test_redis_away_leaves_searches_and_pictures(shop: Shop) -> None:
    web = _away(shop.settings, redis_url="redis://127.0.0.1:9/0")
    found = web.get("/api/search?size=1").get_json()["products"][0]
    assert web.get(found["image"]).status_code == 200
    assert web.get("/healthz").status_code == 503


def test_no_index_yet_is_said(settings: Settings, client: Elasticsearch, tmp_path: Path) -> None:
    answer = _away(settings, index_name="test-nothing-here").get("/api/search")
    assert answer.status_code == 503


def test_a_picture_of_a_hostile_image_is_a_placeholder(web: FlaskClient, shop: Shop) -> None:
    bomb = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(bomb, "PNG")
    (shop.catalogue.parent / "bomb.png").write_bytes(bomb.getvalue())
    _send(web, shop, _upsert("bomb", images=[(shop.catalogue.parent / "bomb.png").as_uri()]))
    _settled(shop, "bomb")
    assert "megapixels" in _embedding(shop, "bomb")["reason"]
    assert web.get("/pictures/bomb/480.webp").status_code == 404
