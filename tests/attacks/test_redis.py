"""Redis as an attacker's: what is written there never becomes code, ends no worker and breaks no page."""

from __future__ import annotations

import json
import os
import pickle
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from tests.attacks.conftest import Visit
from tests.attacks.hostile_shop import HostileShop
from tests.conftest import Shop, wait_until
from workers.app import QUEUES, app
from workers.queues import keys
from workers.queues.event_queue import Entry, EventQueue


class _Code:
    """What runs a command where it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def _message(body: bytes, kind: str, task: str, **headers: Any) -> bytes:
    """Write a task's message as kombu does."""
    name = secrets.token_hex(8)
    head = {"lang": "py", "task": task, "id": name, "root_id": name, "argsrepr": "()", "kwargsrepr": "{}", **headers}
    properties = {
        "correlation_id": name, "delivery_mode": 2, "delivery_info": {"exchange": "", "routing_key": "writing"},
        "priority": 0, "body_encoding": "base64", "delivery_tag": name,
    }  # fmt: skip
    content = {
        "body": b64encode(body).decode(), "content-encoding": "utf-8", "content-type": kind, "headers": head,
        "properties": properties,
    }  # fmt: skip
    return json.dumps(content).encode()


def _task(task: str, arguments: Any, keywords: Any = None, embed: Any = None, **headers: Any) -> bytes:
    body = json.dumps([arguments, keywords or {}, embed or {"callbacks": None, "errbacks": None, "chain": None}])
    return _message(body.encode(), "application/json", task, **headers)


def _messages(mark: Path) -> Iterator[bytes]:
    """Yield what an attacker may write to a queue."""
    code = f"touch {mark}"
    pickled = pickle.dumps(([_Code(code)], {}, {}))
    yaml = f"!!python/object/apply:os.system ['{code}']".encode()
    run: dict[str, Any] = {
        "task": "os.system",
        "args": [code],
        "kwargs": {},
        "options": {},
        "subtask_type": None,
        "immutable": True,
    }
    for task in ("workers.write_events", "workers.accept_events", "os.system", "celery.map"):
        for kind in ("application/x-python-serialize", "application/x-pickle", "application/data"):
            yield _message(pickled, kind, task)
        yield _message(yaml, "application/x-yaml", task)
        yield _message(pickled, "application/json", task)
        yield _message(b"\xff\xfe", "application/json", task)
        yield _task(task, [code])
        yield _task(task, [run, [code]])
        yield _task(task, {"a": 1}, [])
    for task in sorted(name for name in app.tasks if name.startswith("workers.")):
        for arguments in (
            [None],
            [[{"type": "upsert", "product": "x"}]],
            [1, 2, 3, 4, 5],
            ["\x00" * 1_000],
            [["x"] * 99],
        ):
            yield _task(task, arguments)
        yield _task(task, [], embed={"callbacks": [run], "errbacks": [run], "chain": [run], "chord": run})
        yield _task(task, [], eta="soon", expires="never", timelimit="long", retries="many")
        yield _task(task, [], id=None)
        yield _task(task, [], lang=5, group={"a": 1}, reply_to=["x"])
    yield from (b"\x80\x04", b"{", b"[]", b"5", b"null", b'"x"', b"{}", b'{"body": 5}', pickled, b"[" * 100_000)


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[Path]:
    """Return a file that isn't there, and must not be afterwards."""
    yield tmp_path / "ran"
    assert not (tmp_path / "ran").exists()


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # it has just ended
        return ""


def _processes(shop: Shop) -> set[int]:
    """Return the ids of the workers' main processes."""
    return {
        child.pid for child in psutil.Process().children() if "celery" in _command(child)
    }  # fmt: skip


def test_what_is_written_to_a_task_queue_never_runs(shop: Shop, mark: Path) -> None:
    before = _processes(shop)
    assert before
    with redis.Redis.from_url(shop.settings.redis_url) as server:
        for message in _messages(mark):
            for queue in QUEUES:
                server.lpush(queue, message)
        events = EventQueue(server, shop.alias, 1_000_000)
        event = {"type": "delete", "id": f"gone-{secrets.token_hex(4)}", "version": 1}
        events.add([Entry(event, "attack", time.time())])
        app.send_task("workers.write_events")

        def left() -> int:
            return sum(int(server.llen(queue)) for queue in QUEUES) + events.depth()

        wait_until(lambda: left() == 0, "working off the queues", left)
    assert _processes(shop) == before


GARBAGE = [
    b"", b"\x80\x04\x95", b"{", b"[]", b"null", b"5", b'"x"', b"nan", b'{"events": 5, "bag": 5, "orders": 5}',
    b'{"vector": "AAAA", "space": 5}', b"[" * 100_000, b"\xff" * 1_000,
    b'{"events": [], "bag": {"evil-1": "x"}, "orders": []}',
    b"<svg onload=struck(`redis`)>",
]  # fmt: skip


def _keys(hostile: HostileShop, visitor: str) -> list[str]:
    alias, made = hostile.settings.index_name, keys
    return [
        made.visitor(visitor), made.photo_vector("A" * 32), made.counters(alias), made.schedule(alias),
        made.events(alias), made.requeued(alias), *made.embedding(alias).values(),
        made.woken(alias, "workers.write_events"), made.woken_later(alias, "workers.write_events"),
    ]  # fmt: skip


def test_garbage_in_redis_breaks_no_page(hostile: HostileShop, member: Visit) -> None:
    web = hostile.member()
    with web.session_transaction() as session:
        visitor = session["visitor"]
    pages = ["/", "/products/evil-1", "/bag", "/your-data", "/your-data.json", "/ops", "/metrics", "/healthz",
             f"/search?photo={'A' * 32}"]  # fmt: skip
    with redis.Redis.from_url(hostile.settings.redis_url) as server:
        kept = {key: server.dump(key) for key in _keys(hostile, visitor)}
        for value in GARBAGE:
            for kind in ("string", "list", "hash", "set", "zset"):
                for key in kept:
                    _write(server, key, kind, value)
                for page in pages:
                    answer = web.get(page)
                    assert answer.status_code in {200, 303, 400, 404, 503}, (page, kind, value, answer.text[-300:])
                    assert "<svg onload" not in answer.text
        for key in kept:
            server.delete(key)
    hostile.refill()


def _write(server: redis.Redis, key: str, kind: str, value: bytes) -> None:
    server.delete(key)
    if kind == "string":
        server.set(key, value)
    elif kind == "list":
        server.rpush(key, value)
    elif kind == "hash":
        server.hset(key, mapping={value: value, b"x|y": value, b"lag_sum|": value, b"workers.wake": value})
    elif kind == "set":
        server.sadd(key, value)
    else:
        server.zadd(key, {value: 1.0})
