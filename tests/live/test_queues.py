"""The two queues, on a real Redis: work leaves them only when it is done."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from indexer.settings import Settings
from tests.conftest import wait_until
from workers import embedding, resources
from workers.app import EMBED_WAITING, WRITE_EVENTS, app
from workers.errors import QueueFullError, RedisUnavailableError
from workers.queues import embedding_queue, event_queue, scripts
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import Entry, EventQueue
from workers.queues.handle import Queues
from workers.queues.task_queues import TaskQueues


@pytest.fixture
def server(settings: Settings) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.redis_url) as server:
        yield server


@pytest.fixture
def name(server: redis.Redis) -> Iterator[str]:
    name = f"test-queue-{secrets.token_hex(4)}"
    yield name
    keys: Any = server.keys(f"{name}:*")
    if keys:
        server.delete(*keys)


def _entries(*ids: str) -> list[Entry]:
    return [Entry({"type": "delete", "id": i, "version": 1}, f"msg/{i}", time.time()) for i in ids]


def test_events_come_out_in_order_and_leave_when_done(server: redis.Redis, name: str) -> None:
    queue = EventQueue(server, name, 100)
    assert queue.take(10, "a") == []
    queue.add(_entries("1", "2", "3"))
    first = queue.take(2, "a")
    assert [entry.event["id"] for entry in first] == ["1", "2"]
    assert [entry.event["id"] for entry in queue.take(2, "b")] == ["3"]
    assert queue.take(2, "b") == []
    assert queue.depth() == 3
    queue.acknowledge(first)
    assert queue.depth() == 1


def test_events_of_a_dead_worker_are_taken_over_with_the_count_of_tries(
    server: redis.Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = EventQueue(server, name, 100)
    queue.add(_entries("1", "2"))
    assert [entry.tries for entry in queue.take(5, "dead")] == [1, 1]
    assert queue.take(5, "b") == []
    monkeypatch.setattr(event_queue, "_IDLE_MS", 0)
    assert [(e.event["id"], e.tries) for e in queue.take(16, "b")] == [("1", 2), ("2", 2)]
    assert [entry.tries for entry in queue.take(1, "c")] == [3]


def test_an_event_that_kills_its_workers_is_alone_in_the_end(
    server: redis.Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = EventQueue(server, name, 1_000)
    queue.add(_entries(*map(str, range(500))))
    monkeypatch.setattr(event_queue, "_IDLE_MS", 0)
    taken = [queue.take(500, f"worker {number}") for number in range(4)]
    assert [len(entries) for entries in taken] == [500, 62, 7, 1]
    assert [entries[0].event["id"] for entries in taken] == ["0"] * 4
    assert taken[-1][0].tries == 4


def test_a_held_event_is_not_taken_over_however_long_its_worker_takes(
    server: redis.Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "_IDLE_MS", 30)
    queue = EventQueue(server, name, 100)
    queue.add(_entries("1", "2"))
    entries = queue.take(5, "slow")
    renewed: Any = server.xpending_range(f"{name}:events", "writers", "-", "+", 5)
    scripts.run(server, "hold", [f"{name}:events"], ["writers", "slow", entries[0].key])
    time.sleep(0.05)
    scripts.run(server, "hold", [f"{name}:events"], ["writers", "slow", entries[0].key])
    assert [(e.event["id"], e.tries) for e in queue.take(8, "other")] == [("2", 2)]
    assert [row["times_delivered"] for row in renewed] == [1, 1]
    # What another worker has reclaimed stays with it.
    scripts.run(server, "hold", [f"{name}:events"], ["writers", "slow", entries[1].key])
    pending: Any = server.xpending_range(f"{name}:events", "writers", "-", "+", 5)
    assert [row["consumer"] for row in pending] == [b"slow", b"other"]


def test_events_wait_for_a_redis_without_memory_and_their_tries_do_not_count(
    server: redis.Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = EventQueue(server, name, 100)
    queue.add(_entries("1", "2"))
    entries = queue.take(5, "a")

    def full(*_: object, **__: object) -> None:
        raise redis.exceptions.OutOfMemoryError("OOM command not allowed when used memory > 'maxmemory'.")

    monkeypatch.setattr(queue, "_add", full)
    queue.requeue(entries)
    assert [(e.event["id"], e.tries) for e in queue.take(5, "b")] == [("1", 1), ("2", 1)]


def test_webhooks_are_in_order_even_if_the_clock_is_set_back(server: redis.Redis, name: str) -> None:
    queue = EventQueue(server, name, 100)
    assert queue.first_seen("a", 1_000.0) == 1_000_000
    assert queue.first_seen("b", 900.0) == 1_000_001
    assert queue.first_seen("a", 2_000.0) == 1_000_000  # sent again
    assert queue.first_seen("c", 2_000.0) == 2_000_000


def test_what_is_due_in_an_hour_because_the_clock_was_set_back_is_due_now(server: redis.Redis, name: str) -> None:
    queue = EmbeddingQueue(server, name)
    queue.add(["a", "b"])
    queue.take("t1", 1)
    for key in ("waiting", "taken"):
        rows: Any = server.zrange(f"{name}:embed:{key}", 0, -1, withscores=True)
        [(member, score)] = rows
        server.zadd(f"{name}:embed:{key}", {member: score + 3_600})
    assert (queue.due(), queue.expired()) == (0, [])
    queue.correct_times()
    assert (queue.due(), queue.expired()) == (1, ["t1"])


def test_events_that_could_not_be_written_go_to_the_end(server: redis.Redis, name: str) -> None:
    queue = EventQueue(server, name, 100)
    queue.add(_entries("1", "2"))
    queue.requeue(queue.take(1, "a"))
    assert [entry.event["id"] for entry in queue.take(5, "a")] == ["2", "1"]
    assert queue.depth() == 2


def test_the_age_counts_from_when_an_event_was_received(server: redis.Redis, name: str) -> None:
    queue, now = EventQueue(server, name, 100), time.time()
    queue.add([Entry({"type": "delete", "id": "1", "version": 1}, "msg/1", now - 3_600)])
    queue.requeue(queue.take(1, "a"))
    queue.add(_entries("2"))
    queue.requeue(queue.take(2, "a"))
    assert 3_600 <= queue.age() < 3_660
    [first] = [entry for entry in queue.take(2, "a") if entry.event["id"] == "1"]
    queue.acknowledge([first])
    assert queue.age() < 60
    assert server.zcard(f"{name}:requeued") == 1


def test_a_full_queue_refuses_the_whole_batch(server: redis.Redis, name: str) -> None:
    queue = EventQueue(server, name, 2)
    queue.add(_entries("1", "2"))
    with pytest.raises(QueueFullError):
        queue.add(_entries("3"))
    with redis.Redis.from_url("redis://127.0.0.1:9/0") as away, pytest.raises(RedisUnavailableError):
        EventQueue(away, name, 2).add(_entries("3"))
    assert queue.depth() == 2


def test_a_product_waits_once_however_often_it_changes(server: redis.Redis, name: str) -> None:
    queue = EmbeddingQueue(server, name)
    assert queue.add(["a", "b", "a"], {"a": 5.0}) == 3
    queue.add(["a"], {"a": 9.0})
    assert (queue.depth(), queue.due()) == (2, 2)
    assert sorted(queue.take("t1", 10)) == ["a", "b"]
    assert queue.in_progress() == 1
    assert queue.finish("t1") == {"a": 5.0}  # since its first event
    assert (queue.depth(), queue.in_progress()) == (0, 0)


def test_a_task_that_is_delivered_again_knows_its_unfinished_batches(server: redis.Redis, name: str) -> None:
    queue = EmbeddingQueue(server, name)
    queue.add(["a", "b", "c", "d"])
    for batch in ("t1/0", "t1/1", "t1/2", "t10/0"):
        assert len(queue.take(batch, 1)) == 1
    queue.finish("t1/1")
    assert queue.unfinished("t1") == ["t1/0", "t1/2"]


def test_a_product_whose_process_died_is_embedded_alone(server: redis.Redis, name: str) -> None:
    queue = EmbeddingQueue(server, name)
    queue.add(["a"])
    queue.take("t1/0", 10)
    queue.reclaim("t1/0")
    time.sleep(0.002)  # so that the others come after it
    queue.add(["b", "c"])
    assert sorted(queue.take("t2/1", 10, suspects=False)) == ["b", "c"]
    assert queue.take("t2/2", 10, suspects=False) == []
    assert (alone := queue.take("t3/0", 10)) == ["a"]
    assert queue.is_suspect(alone)
    assert not queue.is_suspect(["b"])
    assert not queue.is_suspect(["b", "a"])


def test_a_product_that_changes_while_it_is_embedded_waits_again(server: redis.Redis, name: str) -> None:
    queue = EmbeddingQueue(server, name)
    queue.add(["a"], {"a": 5.0})
    assert queue.take("t1", 10) == ["a"]
    queue.add(["a"], {"a": 6.0})
    assert queue.finish("t1") == {}
    assert queue.take("t2", 10) == ["a"]
    assert queue.finish("t2") == {"a": 5.0}


def test_postponed_products_are_due_later(server: redis.Redis, name: str) -> None:
    queue = EmbeddingQueue(server, name)
    queue.add(["a", "b"])
    queue.take("t1", 10)
    queue.finish("t1", ["b"], after=60)
    assert (queue.depth(), queue.due(), queue.take("t2", 10)) == (1, 0, [])
    queue.add(["b"])  # a new event is due at once
    assert queue.take("t3", 10) == ["b"]


def test_products_of_a_lost_batch_are_tried_alone_up_to_three_times(
    server: redis.Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_queue, "_LAST_TRY_DELAY", 0.0)
    queue = EmbeddingQueue(server, name)
    queue.add(["a", "b", "c"])
    queue.take("t1", 10)
    assert queue.reclaim("t1") == []
    assert queue.reclaim("t1") == []  # once
    queue.add(["d"])
    rounds = [queue.take(f"s{n}", 10) for n in range(4)]
    assert sorted(map(len, rounds)) == [1, 1, 1, 1]
    poison = rounds.index(["b"])
    for n in range(4):
        if n != poison:
            queue.finish(f"s{n}")
    assert queue.reclaim(f"s{poison}") == []
    assert queue.take("last", 10) == ["b"]
    queue.add(["b"], drifted=True)  # while it is tried for the last time
    assert queue.reclaim("last") == ["b"]
    assert (queue.depth(), queue.in_progress()) == (0, 0)
    queue.add(["b", "e"], drifted=True)  # a search that has missed that it was given up
    assert queue.take("t2", 10) == ["e"]
    queue.add(["b"])  # an event, or a person
    assert queue.take("t3", 10) == ["b"]


def test_a_lease_runs_out_unless_it_is_renewed(server: redis.Redis, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends() -> float:
        return float(server.zscore(f"{name}:embed:taken", "t1") or 0)

    monkeypatch.setattr(embedding_queue, "_RENEWAL", 0.01)
    queue = EmbeddingQueue(server, name)
    queue.add(["a"])
    queue.take("t1", 10)
    first = ends()
    with queue.lease("t1"):
        wait_until(lambda: ends() > first, "renewing the lease")
        assert queue.expired() == []
    last = ends()
    monkeypatch.setattr(queue, "_now", lambda: last - 0.01)
    assert queue.expired() == []
    monkeypatch.setattr(queue, "_now", lambda: last + 0.01)
    assert queue.expired() == ["t1"]


def test_a_product_with_an_unavailable_image_is_retried_a_few_times(
    server: redis.Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_queue, "_IMAGE_PAUSE", 0.0)
    queue = EmbeddingQueue(server, name)
    for _ in range(6):
        assert queue.defer(["a"]) == 0
        assert queue.take("t", 5) == ["a"]
        queue.finish("t")
    assert queue.defer(["a"]) == 1
    assert queue.depth() == 0
    queue.defer(["b"])
    queue.reset_deferrals(["b"])
    assert queue.defer(["b"]) == 0


def test_tries_while_a_server_refuses_work_do_not_add_up(
    server: redis.Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[float | None] = []
    monkeypatch.setattr(app, "send_task", lambda _task, countdown: sent.append(countdown))
    tasks = TaskQueues(server, name)
    for _ in range(3):  # tasks that are refused, and the scheduler between them
        assert tasks.wake(WRITE_EVENTS, after=60)
        assert tasks.wake(WRITE_EVENTS)
        tasks.acknowledge(WRITE_EVENTS)
    assert sent == [60, None, None, None]
    assert tasks.wake(EMBED_WAITING, after=0.2)  # another queue has a try of its own ...
    wait_until(lambda: tasks.wake(EMBED_WAITING, after=0.2) and len(sent) == 6, "the next try")  # ... and a next one
    assert sent[4:] == [0.2, 0.2]


@pytest.fixture
def worker(name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> EmbeddingQueue:
    """Make this process a worker of the shop, and wake no other."""
    shop_settings = settings.model_copy(update={"index_name": name, "batch_size": 32})
    queues = Queues.open(shop_settings)
    monkeypatch.setattr(resources, "settings", lambda: shop_settings)
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(TaskQueues, "wake", lambda *_args, **_named: True)
    return queues.embedding


def test_a_task_continues_while_there_are_full_batches(worker: EmbeddingQueue) -> None:
    worker.add([f"p{n}" for n in range(70)])
    assert [(batch.name, len(batch.ids)) for batch in embedding._batches("t", serves_shoppers=True)] == [
        ("t/0", 32),
        ("t/1", 32),
    ]
    assert [(batch.name, len(batch.ids)) for batch in embedding._batches("u", serves_shoppers=True)] == [("u/0", 6)]
    assert list(embedding._batches("v", serves_shoppers=True)) == []


def test_a_task_ends_when_a_shopper_waits_for_its_process_or_its_time_is_up(
    worker: EmbeddingQueue, server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.add([f"p{n}" for n in range(100)])
    photographs = f"{resources.settings().index_name}:photographs"  # no worker of the tests consumes these
    monkeypatch.setattr(embedding, "INTERACTIVE", photographs)
    server.rpush(photographs, "a photograph")
    assert len(list(embedding._batches("t", serves_shoppers=True))) == 1
    assert len(list(embedding._batches("s", serves_shoppers=False))) == 2
    server.delete(photographs)
    worker.add([f"q{n}" for n in range(100)])
    monkeypatch.setattr(embedding, "_TASK_SECONDS", 0.0)
    assert len(list(embedding._batches("u", serves_shoppers=True))) == 1


def test_a_task_that_takes_a_suspect_takes_nothing_else(worker: EmbeddingQueue) -> None:
    worker.add(["suspect"])
    worker.take("lost", 1)
    worker.reclaim("lost")
    time.sleep(0.002)  # so that the others come after it
    worker.add([f"p{n}" for n in range(64)])
    assert [batch.ids for batch in embedding._batches("t", serves_shoppers=True)] == [["suspect"]]
    assert [len(batch.ids) for batch in embedding._batches("u", serves_shoppers=True)] == [32, 32]


def test_products_are_not_taken_while_the_models_cannot_be_loaded(
    worker: EmbeddingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(resources, "pipeline", fail)
    worker.add(["a", "b"])
    for number in range(5):  # more often than a product is tried
        embedding.embed_waiting(f"t{number}", serves_shoppers=False)
    assert worker.due() == 2
    assert "illegal memory access" in resources.queues().stalls.read()["embedding"]
