"""What somebody else wrote to Redis: it ends no worker, holds up nothing, and never becomes more than data."""

import base64
import json
import pickle
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from kombu import Connection

from demo.processes import Child
from indexer.elastic.dead_letters import DeadLetters
from tests.conftest import Shop, check_all, wait_until
from tests.live.shopping import search
from workers.app import QUEUES
from workers.app import app as celery
from workers.photos import embed_photo
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.handle import Queues
from workers.queues.schedule import Schedule


class _Marker:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self._path,)


def _message(headers: object, body: bytes = b"[[], {}, {}]", kind: str = "application/json") -> bytes:
    properties = {"delivery_tag": secrets.token_hex(8), "delivery_info": {}, "body_encoding": "base64"}
    encoded = base64.b64encode(body).decode()
    message = {"body": encoded, "content-type": kind, "content-encoding": "utf-8"}
    return json.dumps(message | {"headers": headers, "properties": properties}).encode()


def _hostile(marker: Path) -> list[bytes]:
    pickled = pickle.dumps(_Marker(marker))
    return [
        b"no JSON", b"\xff\xfe", b"", b"5", b"null", b"[]", b"{}", b'{"properties": 5}', b'{"properties": {}}',
        b"[" * 100_000, _message({"task": []}), _message({"task": {}, "id": 1}), _message(None), _message(7),
        _message({"task": "workers.wake", "id": "1"}, b"\xff"), _message({"task": "os.system", "id": "1"}),
        _message({"task": "workers.wake", "id": "1"}, pickled, "application/x-python-serialize"), pickled,
    ]  # fmt: skip


@pytest.fixture
def server(shop: Shop) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(shop.settings.redis_url) as server:
        yield server


def test_task_queues(shop: Shop, server: redis.Redis, workers: dict[str, Child], tmp_path: Path) -> None:
    hostile = _hostile(tmp_path / "unpickled")
    for queue in QUEUES:
        server.lpush(queue, *hostile)
    product = json.loads(shop.catalogue.read_text().splitlines()[0])
    photograph = (shop.catalogue.parent / product["images"][0]).read_bytes()
    wait_until(lambda: not any(server.llen(queue) for queue in QUEUES), "the hostile messages")
    with Queues.open(shop.settings) as queues:
        assert embed_photo(queues, photograph, timeout=300).whole.space
    check_all(workers)
    assert not (tmp_path / "unpickled").exists()


def test_tasks_that_were_taken(shop: Shop, server: redis.Redis) -> None:
    for number, entry in enumerate((b"no JSON", b"5", b"[1]")):
        server.hset("unacked", f"hostile-{number}", entry)
        server.zadd("unacked_index", {f"hostile-{number}": 1.0 + number})
    transport = celery.conf.broker_transport
    with Connection(shop.settings.redis_url, transport=transport) as connection:
        channel: Any = connection.channel()
        channel.qos.restore_visible(interval=1)
    for number in range(3):
        assert not server.hexists("unacked", f"hostile-{number}")
        assert server.zscore("unacked_index", f"hostile-{number}") is None


def test_events(shop: Shop, server: redis.Redis, workers: dict[str, Child]) -> None:
    name, stream = f"hostile-{secrets.token_hex(4)}", f"{shop.alias}:events"
    delete = json.dumps({"type": "delete", "id": name, "version": 1})
    entries: list[dict[Any, Any]] = [
        {"event": b"\xff{", "id": f"{name}/0", "received": "nan"},
        {"event": "[]", "id": f"{name}/1", "received": "soon"},
        {"event": "[" * 10_000, "id": f"{name}/2"},
        {"id": f"{name}/3"},
        {"event": delete, "id": b"\xff", "received": str(time.time())},
    ]
    for fields in entries:
        server.xadd(stream, fields)
    with Queues.open(shop.settings) as queues:
        queues.tasks.wake("workers.write_events", after=0.01)
        wait_until(lambda: not queues.events.depth(), "the events", queues.events.depth)
    check_all(workers)
    letters = DeadLetters(shop.index)
    ours = [letter for letter in letters.all() if letter.event_id.startswith(name)]
    assert letters.remove(ours) == len(ours) == 4


def test_batches_and_schedules(server: redis.Redis) -> None:
    alias = f"hostile-{secrets.token_hex(4)}"
    queue, schedule = EmbeddingQueue(server, alias), Schedule(server, alias)
    for number, value in enumerate((b"no JSON", b"5", b'{"a": 1}')):
        server.hset(f"{alias}:embed:batches", f"t/{number}", value)
        server.zadd(f"{alias}:embed:taken", {f"t/{number}": 1.0})
    server.zadd(f"{alias}:embed:waiting", {b"\xff": 1.0})
    server.hset(f"{alias}:embed:since", b"\xff", "long ago")
    for batch in queue.expired():
        assert queue.reclaim(batch) == []
    assert queue.expired() == []
    assert queue.take("t/9", 5) == ["\ufffd"]
    assert list(queue.finish("t/9")) == ["\ufffd"]
    server.hset(f"{alias}:schedule", mapping={"workers.wake": "never", b"\xff": "1"})
    assert schedule.due({"workers.wake": 15.0}) == ["workers.wake"]
    assert schedule.due({"workers.wake": 15.0}) == []
    server.delete(*server.keys(f"{alias}:*"))


@pytest.mark.parametrize(
    "value", [b"no JSON", b"5", b"{}", b'{"vector": "!", "space": 1}', b'{"vector": {}, "space": ""}']
)
def test_photographs(web: FlaskClient, server: redis.Redis, value: bytes) -> None:
    token = secrets.token_urlsafe(24)
    server.set(f"photo-vector:{token}", value, ex=60)
    assert "expired" in search(web, photo=token)["warnings"][0]


@pytest.mark.parametrize("value", [b"no JSON", b"5", b"{}", b'{"events": 1, "bag": 2, "orders": 3}', b"[" * 10_000])
def test_visitors(web: FlaskClient, server: redis.Redis, value: bytes) -> None:
    before = set(server.keys("visitor:*"))
    products = search(web, size=2)["products"]
    for product in products:
        assert web.post("/api/behaviour", json={"type": "like", "product_id": product["id"]}).status_code == 204
    [ours] = set(server.keys("visitor:*")) - before
    server.set(ours, value, ex=60)
    assert [web.get(path).status_code for path in ("/", "/bag", "/your-data", "/search?category=Dresses")] == [200] * 4
    event = {"type": "view", "product_id": products[0]["id"]}
    assert web.post("/api/behaviour", json=event).status_code == 204


def test_counts(web: FlaskClient, shop: Shop, server: redis.Redis) -> None:
    server.hset(f"{shop.alias}:counters", mapping={"hostile|x": "many", b"\xff|": "nan", "embedded": "1"})
    assert web.get("/metrics").status_code == 200
    server.hdel(f"{shop.alias}:counters", "hostile|x", b"\xff|", "embedded")
