"""Servers that go down, lose data or answer wrongly: accepted work is done, and refused work is reported."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from tests.conftest import wait_until
from tests.faults.shop import FULL, FaultyShop

RESTARTS, OUTAGE = (10, 30.0) if FULL else (2, 3.0)

pytestmark = pytest.mark.timeout(3_600 if FULL else 900)


def test_redis_is_restarted_again_and_again(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    for part in faulty.parts(RESTARTS):
        faulty.send(part)
        time.sleep(0.5)
        faulty.server.kill()
        time.sleep(0.5)
        faulty.server.start()
    letters = faulty.finish()
    figure(f"Redis killed and restarted {RESTARTS} times, {len(faulty.events)} products: 0 lost, "
           f"{letters} dead letters tried again, least cosine {faulty.compare():.6f}")  # fmt: skip


def test_redis_loses_everything(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    faulty.send(faulty.events)
    wait_until(lambda: faulty.states()["all"] == len(faulty.events), "writing all products", faulty.states)
    with redis.Redis.from_url(faulty.server.url) as server:
        server.flushall()
    left = faulty.states()["pending"]
    faulty.finish()
    figure(f"Redis emptied with {left} of {len(faulty.events)} products to embed: reconciled, "
           f"least cosine {faulty.compare():.6f}")  # fmt: skip


def test_elasticsearch_is_down(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    first, second = faulty.parts(2)
    faulty.send(first)
    time.sleep(0.7)
    faulty.proxy.spoil = "down"
    faulty.send(second)  # accepted all the same: the queue holds it
    time.sleep(OUTAGE)
    faulty.proxy.spoil = ""
    assert faulty.finish() == 0
    figure(f"Elasticsearch away for {OUTAGE:.0f} s, {len(faulty.events)} products: 0 lost, "
           f"least cosine {faulty.compare():.6f}")  # fmt: skip


def test_half_of_the_items_are_refused_with_429(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    faulty.proxy.spoil = "half"
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(faulty.send, faulty.parts(20)))
    assert faulty.finish() == 0
    figure(f"{faulty.proxy.spoiled} items refused with 429, {len(faulty.events)} products: 0 lost, "
           f"least cosine {faulty.compare():.6f}")  # fmt: skip


def test_answers_are_cut_after_they_were_applied(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    faulty.proxy.spoil = "cut"
    for part in faulty.parts(10):
        faulty.send(part)
    assert faulty.finish() == 0
    figure(f"{faulty.proxy.spoiled} answers cut after they were applied, {len(faulty.events)} products: 0 lost, "
           f"0 twice, least cosine {faulty.compare():.6f}")  # fmt: skip
