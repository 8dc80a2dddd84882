"""Each way in which Redis fails: pages are served without it, what was accepted is done, refused work is reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

from tests.conftest import wait_until
from tests.faults.shop import FULL, FaultyShop
from tests.faults.visits import Storefront

SECONDS = 30.0 if FULL else 0.0

pytestmark = pytest.mark.timeout(3_600 if FULL else 900)


_SETTINGS = {  # with which Redis refuses what it would refuse without memory, or without its replica
    "is full": ("maxmemory", "1", "0"),
    "has lost its replica": ("min-replicas-to-write", "1", "0"),
}


@contextmanager
def _setting(shop: FaultyShop, name: str) -> Iterator[None]:
    setting, broken, sound = _SETTINGS[name]
    with redis.Redis.from_url(shop.server.url) as server:
        server.config_set(setting, broken)
        try:
            yield
        finally:
            server.config_set(setting, sound)


@contextmanager
def _fault(shop: FaultyShop, name: str) -> Iterator[None]:
    if name in _SETTINGS:
        with _setting(shop, name):
            yield
        return
    begin, end = {
        "hangs": (shop.server.pause, shop.server.resume),
        "is down": (shop.server.kill, shop.server.start),
    }[name]
    begin()
    try:
        yield
    finally:
        end()


@pytest.mark.parametrize("name", ["hangs", "is down", "is full", "has lost its replica"])
def test_a_fault_of_redis(
    faulty: FaultyShop, faulty_storefront: Storefront, name: str, figure: Callable[[str], None]
) -> None:
    first, second = faulty.parts(2)
    liked = first[0]["product"]["id"]
    faulty.send(first)
    wait_until(lambda: faulty.states()["all"] == len(first), "writing all products", faulty.states)

    with _fault(faulty, name):
        begun = time.monotonic()
        visit = faulty_storefront.visit(liked)
        assert visit.refused == []  # pages need no Redis
        answer = faulty_storefront.post(second)
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        faulty_storefront.log_in()  # sessions of staff are in Redis
        assert ("Not available right now" in faulty_storefront.operations()) == (name in {"hangs", "is down"})
        if name in {"hangs", "is down"}:
            assert not faulty_storefront.up()["redis"]
            assert faulty_storefront.healthz()[0] == 503
        time.sleep(max(0.0, SECONDS - (time.monotonic() - begun)))
        lasted = time.monotonic() - begun

    ended = time.monotonic()
    wait_until(lambda: faulty_storefront.post(second).status_code == 202, "taking events again")
    assert faulty.finish() == 0
    figure(f"Redis {name} for {lasted:.0f} s, {len(faulty.events)} events: 0 lost, 0 dead letters, caught up in "
           f"{time.monotonic() - ended:.0f} s, least cosine {faulty.compare():.6f}; {visit}")  # fmt: skip


def test_events_written_while_redis_is_full_are_not_given_up(
    faulty: FaultyShop, faulty_storefront: Storefront, figure: Callable[[str], None]
) -> None:
    """Written to Elasticsearch, they can't be queued for embedding: they stay queued, however often they are tried."""
    faulty.proxy.spoil = "hang"
    faulty.send(faulty.events)
    with redis.Redis.from_url(faulty.server.url) as server:

        def taken() -> bool:
            groups = server.xinfo_groups(f"{faulty.alias}:events") if server.exists(f"{faulty.alias}:events") else []
            return bool(groups and groups[0]["pending"] == len(faulty.events))

        wait_until(taken, "a worker taking the events")
        with _setting(faulty, "is full"):
            faulty.proxy.spoil = ""
            wait_until(lambda: faulty.states()["all"] == len(faulty.events), "writing all products", faulty.states)
            waited = 150.0 if FULL else 20.0  # more than it takes to reclaim the events as often as a dead worker's
            time.sleep(waited)
            assert server.xlen(f"{faulty.alias}:events") == len(faulty.events)
    assert faulty.finish() == 0
    figure(f"Redis full for {waited:.0f} s while {len(faulty.events)} events are written: 0 lost, 0 dead letters, "
           f"least cosine {faulty.compare():.6f}")  # fmt: skip
