"""What Redis refuses is an error of ours, and what failed together doesn't come back together."""

from collections.abc import Callable

import pytest
import redis

from indexer import deadlines
from indexer.settings import Settings
from workers.errors import QueueError, RedisUnavailableError
from workers.queues.connection import PAGE, translated
from workers.queues.event_queue import Entry
from workers.queues.handle import Queues

NOWHERE = Settings(redis_url="redis://127.0.0.1:1/0")  # nothing answers there


@pytest.mark.parametrize(
    "use",
    [
        lambda q: q.ping(),
        lambda q: q.events.add([Entry({}, "e1", 0.0)]),
        lambda q: q.events.take(1, "w"),
        lambda q: q.events.first_seen("msg_1", 1.0),
        lambda q: q.embedding.add(["a"]),
        lambda q: q.embedding.take("t/0", 1),
        lambda q: q.embedding.reclaim("t/0"),
        lambda q: q.counters.read(),
        lambda q: q.tasks.acknowledge("workers.write_events"),
        lambda q: q.tasks.depth("writing"),
        lambda q: q.values.get("visitor:x"),
        lambda q: q.values.set("visitor:x", "v", 1),
        lambda q: q.values.update("visitor:x", lambda _: "v", 1),
        lambda q: q.replies.put("photo:x", {}),
        lambda q: q.replies.wait("photo:x", 0.1),
    ],
)
def test_no_error_of_redis_leaves(use: Callable[[Queues], object]) -> None:
    with Queues.open(NOWHERE, PAGE) as queues, pytest.raises(RedisUnavailableError, match="ConnectionError"):
        use(queues)


def test_what_was_refused_is_named() -> None:
    with Queues.open(NOWHERE, PAGE) as queues:
        with pytest.raises(QueueError, match="Redis doesn't take catalogue events"):
            queues.events.add([Entry({}, "e1", 0.0)])
        with pytest.raises(QueueError, match="Redis doesn't take products to embed"):
            queues.embedding.add(["a"])


def test_counting_never_fails() -> None:
    with Queues.open(NOWHERE, PAGE) as queues:
        queues.counters.count("embedded", by=3)
        queues.counters.set("recall", 0.9)
        assert queues.counters.streak("embedding") == 1


class _Redis:
    """Commands of which each raises an error; counts them."""

    def __init__(self, error: redis.RedisError) -> None:
        self.error, self.sent = error, 0

    @translated()
    def send(self) -> None:
        self.sent += 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "sent"),
    [(redis.TimeoutError(), 1), (redis.ConnectionError(), 1), (redis.ResponseError("OOM"), 3)],
)
def test_a_request_waits_for_it_once(error: redis.RedisError, sent: int) -> None:
    server = _Redis(error)
    with deadlines.within(10):
        for _ in range(3):
            with pytest.raises(RedisUnavailableError):
                server.send()
    assert server.sent == sent


def test_a_worker_asks_again() -> None:
    server = _Redis(redis.TimeoutError())
    for _ in range(3):
        with pytest.raises(RedisUnavailableError):
            server.send()
    assert server.sent == 3
