"""What shoppers do is sent from a thread; what can't be sent is dropped and counted."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from tests.conftest import wait_until
from webapp.services import query_log
from webapp.services.query_log import QueryLog
from workers.errors import QueueFullError, RedisUnavailableError


class _Queue:
    """A queue that can be full, or away."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.dropped: dict[str, float] = {}
        self.error: Exception | None = None

    def send(self, messages: Sequence[Mapping[str, Any]]) -> None:
        if self.error:
            raise self.error
        self.sent += [message["n"] for message in messages]

    def count(self, dropped: Mapping[str, float]) -> None:
        self.dropped = {name: self.dropped.get(name, 0) + by for name, by in dropped.items()}


def test_messages_arrive_in_their_order_without_being_waited_for() -> None:
    queue = _Queue()
    log = QueryLog(queue.send, queue.count)
    for n in range(1_200):  # more than a batch
        log.put({"n": n})
    wait_until(lambda: len(queue.sent) == 1_200, "the messages")
    assert queue.sent == list(range(1_200))
    assert queue.dropped == {}


def test_what_redis_does_not_take_is_dropped_and_counted_once_it_answers() -> None:
    queue = _Queue()
    log = QueryLog(queue.send, queue.count)
    for error, n in ((RedisUnavailableError("down"), 1), (QueueFullError("full"), 2)):
        queue.error = error
        log.put({"n": n})
        log.put({"n": n})
        log.flush()
    assert queue.dropped == {}
    queue.error = None
    log.put({"n": 3})
    log.flush()
    assert queue.sent == [3]
    assert queue.dropped == {"redis": 2, "full": 2}


def test_a_slow_redis_keeps_a_bounded_number_and_nobody_waiting() -> None:
    is_slow, queue = threading.Event(), _Queue()

    def send(messages: Sequence[Mapping[str, Any]]) -> None:
        assert is_slow.wait(60)
        queue.send(messages)

    log = QueryLog(send, queue.count)
    for n in range(query_log._MOST + query_log._BATCH + 7):
        log.put({"n": n})
    is_slow.set()
    log.flush()
    wait_until(lambda: sum(queue.dropped.values()) + len(queue.sent) == query_log._MOST + query_log._BATCH + 7, "all")
    assert len(queue.sent) >= query_log._MOST
    assert queue.dropped["buffer"] >= 7
