"""Periodic tasks are sent by one worker at a time, and by another when that one is gone."""

import secrets
from collections.abc import Iterator

import pytest
import redis

from demo.processes import Child
from tests.conftest import Shop, check_all, wait_until
from workers.app import PRUNE, WAKE
from workers.queues import keys
from workers.queues.schedule import Schedule

EVERY = {"often": 10.0, "rarely": 1_000.0}


@pytest.fixture
def server(shop: Shop) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(shop.settings.redis_url) as server:
        yield server


@pytest.fixture
def alias(server: redis.Redis) -> Iterator[str]:
    alias = f"schedule-{secrets.token_hex(4)}"
    yield alias
    server.delete(keys.scheduler(alias), keys.schedule(alias))


def test_another_worker_takes_over_from_one_that_is_gone(server: redis.Redis, alias: str) -> None:
    first, second = Schedule(server, alias), Schedule(server, alias)
    assert first.hold()
    assert first.hold()
    assert not second.hold()
    server.delete(keys.scheduler(alias))  # its lease ran out
    assert second.hold()
    assert not first.hold()
    assert second.hold()


def test_a_task_is_due_once_a_period(server: redis.Redis, alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule, now = Schedule(server, alias), [1_000_000.0]
    monkeypatch.setattr("workers.queues.schedule.time.time", lambda: now[0])

    def due_at(seconds: float) -> list[str]:
        now[0] = 1_000_000.0 + seconds
        return schedule.due(EVERY)

    assert schedule.age() is None
    assert due_at(0) == []  # new: due after their first period
    assert due_at(9) == []
    assert due_at(10) == ["often"]
    assert due_at(11) == []
    assert schedule.age() == 1
    assert due_at(1_000) == ["often", "rarely"]
    assert due_at(-3_600) == ["often", "rarely"]  # the clock was set back an hour: nothing waits for that hour
    assert due_at(-3_595) == []


def test_a_running_worker_sends_what_is_due(shop: Shop, server: redis.Redis, workers: dict[str, Child]) -> None:
    check_all(workers)

    def sent(task: str) -> float:
        return float(server.hget(keys.schedule(shop.alias), task) or 0)

    wait_until(lambda: sent(WAKE) > 0 and sent(PRUNE) > 0, "a schedule")
    # Long ago: it is due now.
    server.hset(keys.schedule(shop.alias), WAKE, 1)
    wait_until(lambda: sent(WAKE) > 1, "sending what is due")
