"""A running shop leaves nothing in Redis that workers/queues/README.md doesn't describe."""

import io
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from tests.conftest import Shop, wait_until
from tests.forms import csrf_token
from tests.live.shopping import search
from tests.redis_keys import documented_keys
from webapp import create_app

PRODUCT = "seen-by-redis"


@pytest.fixture
def server(shop: Shop) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(shop.settings.redis_url, decode_responses=True) as server:
        yield server


def _send(web: FlaskClient, shop: Shop, event: dict[str, Any]) -> None:
    body, now, name = json.dumps({"events": [event]}), datetime.now(UTC), f"msg_{secrets.token_hex(8)}"
    assert shop.settings.webhook_secret
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(shop.settings.webhook_secret.get_secret_value()).sign(name, now, body),
    }
    sent = web.post("/api/catalog/events", data=body, headers=headers, content_type="application/json")
    assert sent.status_code == 202


def _shop_around(web: FlaskClient, shop: Shop) -> None:
    """Fill Redis: view, like and bag products, upload a photograph, log in, send events."""
    one, two = search(web, category="Dresses", size=2)["products"]
    assert web.get(one["image"]).status_code == 200
    for product in (one, two):  # the first view stays in the cookie
        assert web.get(f"/products/{product['id']}").status_code == 200
    assert web.post("/api/behaviour", json={"type": "like", "product_id": one["id"]}).status_code == 204
    file = next(Path(shop.catalogue.parent).rglob(f"{one['id']}*"))
    photo = web.post("/api/similar-to-image", data={"image": (io.BytesIO(file.read_bytes()), "x")})
    assert photo.status_code == 200
    token = csrf_token(web.get("/staff/login").text)
    assert shop.settings.staff
    name, password = shop.settings.staff.get_secret_value().split(",")[0].split(":")
    form = {"csrf_token": token, "name": name, "password": password}
    assert web.post("/staff/login", data=form).status_code == 303
    image = (shop.catalogue.parent / "images" / "none.jpg").as_uri()  # an image that does not exist
    _send(web, shop, {"type": "upsert", "product": {"id": PRODUCT, "title": "Grey bunny", "images": [image]}})


def test_every_key_of_a_running_shop_is_documented(shop: Shop, server: redis.Redis) -> None:
    web = create_app(shop.settings.model_copy(update={"rate_limit_pages": "900/minute"})).test_client()
    rows, seen = documented_keys(), dict[str, tuple[str, bool]]()

    def look() -> None:
        for key in server.scan_iter():
            if key.startswith("test-") and not key.startswith(shop.alias):
                continue  # of a run that was killed
            kind, ttl = str(server.type(key)), server.pttl(key)
            if kind != "none":  # otherwise it has expired
                seen[key] = (kind, ttl >= 0)

    def is_embedded() -> bool:
        look()
        answer = shop.client.options(ignore_status=404).get(index=shop.alias, id=PRODUCT, source_includes=["embedding"])
        return bool(answer.get("found")) and answer["_source"].get("embedding", {}).get("status") in {"done", "failed"}

    _shop_around(web, shop)
    wait_until(is_embedded, f"embedding {PRODUCT}")
    _send(web, shop, {"type": "delete", "id": PRODUCT})
    wait_until(lambda: web.get(f"/api/products/{PRODUCT}").status_code == 404, f"deleting {PRODUCT}")
    look()
    for key, (kind, expires) in seen.items():
        described = any(row.matches(key) and kind in row.types and expires == row.expires for row in rows)
        assert described, f"{key}, a {kind} that {'expires' if expires else 'stays'}"
    patterns = {row.pattern for key in seen for row in rows if row.matches(key)}
    used = ("<alias>:events", "<alias>:counters", "visitor:<id>", "photo-vector:<token>", "LIMITS:<limit>")
    assert patterns.issuperset((*used, "staff-session:<digest>"))  # otherwise this test did not use the whole shop
