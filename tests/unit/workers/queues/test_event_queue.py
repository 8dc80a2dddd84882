"""The age of the queue of events, on a stream in memory."""

from typing import Any, cast

import pytest
import redis

from workers.queues import event_queue
from workers.queues.event_queue import Entry, EventQueue


class _Redis:
    """A stream whose group has taken everything, and sorted sets; a pipeline is executed as it is built."""

    def __init__(self) -> None:
        self.now, self.stream, self.scores, self._results = 0.0, dict[bytes, Any](), dict[bytes, float](), list[Any]()

    def pipeline(self, **_: Any) -> "_Redis":
        self._results = []
        return self

    def __enter__(self) -> "_Redis":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self) -> list[Any]:
        return self._results

    def xadd(self, _: str, fields: dict[str, Any]) -> None:
        key = f"{round(self.now * 1_000)}-{len(self.stream)}".encode()
        self.stream[key] = fields
        self._results.append(key)

    def xlen(self, _: str) -> int:
        return len(self.stream)

    def xack(self, *_: object) -> None:
        return None

    def xdel(self, _: str, *keys: str) -> None:
        for key in keys:
            self.stream.pop(key.encode(), None)

    def xrange(self, _: str, least: bytes = b"-", most: bytes = b"+", count: int = 1) -> list[Any]:
        if least == b"no id":
            raise redis.ResponseError("Invalid stream ID specified as stream command argument")
        if least != b"-":
            return [(key, fields) for key, fields in self.stream.items() if key == least == most]
        return sorted(self.stream.items(), key=lambda row: tuple(map(int, row[0].split(b"-"))))[:count]

    def zadd(self, _: str, scores: dict[bytes, float]) -> None:
        self.scores |= scores

    def zrem(self, _: str, *keys: str | bytes) -> None:
        for key in keys:
            self.scores.pop(key if isinstance(key, bytes) else key.encode(), None)

    def zrange(self, *_: object, withscores: bool) -> list[Any]:
        assert withscores
        return sorted(self.scores.items(), key=lambda row: row[1])[:1]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> _Redis:
    server = _Redis()
    monkeypatch.setattr(event_queue.time, "time", lambda: server.now)  # type: ignore[attr-defined]
    return server


def _entries(server: _Redis) -> list[Entry]:
    """Return all entries as a worker takes them."""
    return [Entry({}, fields["id"], fields["received"], key.decode()) for key, fields in server.stream.items()]


def test_the_age_counts_from_when_an_event_was_received_however_often_it_was_tried(server: _Redis) -> None:
    queue = EventQueue(cast("redis.Redis", server), "shop", 100)
    assert queue.age() == 0.0
    server.now = 1_000.0
    queue.add([Entry({}, "first", server.now)])
    for minute in range(1, 61):  # an hour in which all is refused, with an event a minute
        server.now = 1_000.0 + minute * 60.0
        taken = _entries(server)
        queue.add([Entry({}, f"minute {minute}", server.now)])  # while the others are tried
        queue.requeue(taken)
        assert queue.age() == minute * 60.0
    first = next(entry for entry in _entries(server) if entry.id == "first")
    queue.acknowledge([first])
    assert queue.age() == 59 * 60.0  # of the second
    queue.acknowledge(_entries(server))
    assert (queue.age(), server.scores) == (0.0, {})


def test_what_is_no_longer_in_the_queue_has_no_age(server: _Redis) -> None:
    queue = EventQueue(cast("redis.Redis", server), "shop", 100)
    server.now = 1_000.0
    queue.add([Entry({}, "waits", server.now)])
    server.scores = {b"no id": 1.0, b"5-0": 2.0}  # the latter written by a worker of an earlier version
    server.now = 1_030.0
    assert queue.age() == 30.0
    assert server.scores == {}
