"""A Redis out of memory: the webhook reports it, and events accepted before are still there."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from indexer.settings import Settings
from tests.faults.servers import RedisServer
from webapp import create_app
from workers.queues.event_queue import EventQueue


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    yield server
    server.kill()


def _send(web: FlaskClient, settings: Settings, product_id: str) -> TestResponse:
    assert settings.webhook_secret
    body = json.dumps({"events": [{"type": "delete", "id": product_id, "version": 1}]})
    name, now = f"msg_{secrets.token_hex(8)}", datetime.now(UTC)
    signature = Webhook(settings.webhook_secret.get_secret_value()).sign(name, now, body)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    return web.post("/api/catalog/events", data=body, headers=headers, content_type="application/json")


def test_a_redis_without_memory_is_a_503_and_nothing_is_lost(server: RedisServer, settings: Settings) -> None:
    alias = f"{settings.index_name}-full-redis"
    web = create_app(settings.model_copy(update={"redis_url": server.url, "index_name": alias})).test_client()
    with redis.Redis.from_url(server.url) as client:
        assert _send(web, settings, "first").status_code == 202
        client.config_set("maxmemory", "1")
        answer = _send(web, settings, "second")
        assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)
        assert "doesn't take catalogue events" in answer.get_json(force=True)["detail"]
        client.config_set("maxmemory", "0")
        assert _send(web, settings, "third").status_code == 202
        assert [entry.event["id"] for entry in EventQueue(client, alias, 10).take(10, "test")] == ["first", "third"]
