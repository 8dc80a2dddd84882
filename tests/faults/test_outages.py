"""Servers that go away, lose all, or answer wrongly: what was taken is done, and what isn't taken is said."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from tests.faults.conftest import FULL, PRODUCTS, Faulty
from tests.faults.servers import wait_for
from tests.faults.test_processes import _parts

RESTARTS, OUTAGE = (10, 30.0) if FULL else (2, 5.0)

pytestmark = [pytest.mark.destructive, pytest.mark.timeout(1_800 if FULL else 300)]


def test_redis_is_restarted_again_and_again(faulty: Faulty) -> None:
    for part in _parts(faulty.clean.events, RESTARTS):
        faulty.send(part)
        time.sleep(0.5)
        faulty.server.kill()
        time.sleep(0.5)
        faulty.server.start()
    letters = faulty.finish(PRODUCTS)
    print(f"Redis killed and restarted {RESTARTS} times: 0 lost, {letters} dead letters tried again, "  # noqa: T201
          f"least cosine {faulty.compare():.6f}")  # fmt: skip


def test_redis_loses_everything(faulty: Faulty) -> None:
    faulty.send(faulty.clean.events)
    assert wait_for(lambda: faulty.states()["all"] == PRODUCTS, 60), faulty.states()
    with redis.Redis.from_url(faulty.server.url) as server:
        server.flushall()
    left = faulty.states()["pending"]
    faulty.finish(PRODUCTS)
    print(f"Redis emptied with {left} products to embed: reconciled, least cosine {faulty.compare():.6f}")  # noqa: T201


def test_elasticsearch_is_away(faulty: Faulty) -> None:
    first, second = _parts(faulty.clean.events, 2)
    faulty.send(first)
    time.sleep(0.7)
    faulty.proxy.spoil = "down"
    faulty.send(second)  # taken all the same: the queue holds it
    time.sleep(OUTAGE)
    faulty.proxy.spoil = ""
    letters = faulty.finish(PRODUCTS)
    assert letters == 0
    print(f"Elasticsearch away for {OUTAGE:.0f} s: 0 lost, least cosine {faulty.compare():.6f}")  # noqa: T201


def test_half_of_the_items_are_refused_with_429(faulty: Faulty) -> None:
    faulty.proxy.spoil = "half"
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(faulty.send, _parts(faulty.clean.events, 20)))
    assert faulty.finish(PRODUCTS) == 0
    print(f"{faulty.proxy.spoiled} items refused with 429: 0 lost, least cosine {faulty.compare():.6f}")  # noqa: T201


def test_answers_are_cut_after_they_were_applied(faulty: Faulty) -> None:
    faulty.proxy.spoil = "cut"
    for part in _parts(faulty.clean.events, 10):
        faulty.send(part)
    assert faulty.finish(PRODUCTS) == 0
    print(f"{faulty.proxy.spoiled} answers cut after they were applied: 0 lost, 0 twice, "  # noqa: T201
          f"least cosine {faulty.compare():.6f}")  # fmt: skip
