"""Single values in Redis: they expire, and concurrent updates all count."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from indexer.settings import Settings
from tests.conftest import wait_until
from workers.queues import keys
from workers.queues.handle import Queues
from workers.queues.values import ExpiringValues


@pytest.fixture
def values(settings: Settings) -> Iterator[ExpiringValues]:
    with Queues.open(settings) as queues:
        yield queues.values


@pytest.fixture
def key(values: ExpiringValues) -> Iterator[str]:
    key = keys.visitor(secrets.token_hex(8))
    yield key
    values.delete(key)


def test_a_value_expires(values: ExpiringValues, key: str) -> None:
    assert values.get(key) is None
    values.set(key, "kept", seconds=60)
    assert values.get(key) == b"kept"
    values.set(key, "short", seconds=0.05)
    wait_until(lambda: values.get(key) is None, "expiring")


def test_only_the_first_adds_a_value(values: ExpiringValues, key: str) -> None:
    assert [values.add(key, n, seconds=60) for n in ("one", "two")] == [True, False]
    assert values.get(key) == b"one"
    values.delete(key)
    assert values.add(key, "three", seconds=60)


def test_concurrent_updates_all_count_and_restart_the_expiry(
    values: ExpiringValues, key: str, settings: Settings
) -> None:
    def raise_by_one(_: int) -> None:
        values.update(key, lambda value: str(int(value or 0) + 1), seconds=60)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(raise_by_one, range(40)))
    assert values.get(key) == b"40"
    values.set(key, "1", seconds=30)
    raise_by_one(0)
    with redis.Redis.from_url(settings.redis_url) as server:
        assert int(str(server.ttl(key))) > 30
