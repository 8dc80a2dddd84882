"""Faults of a worker's machine: it is paused, its clock jumps, its disk is full, its GPU fails, its image
servers hang.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
import redis

from demo.processes import Child
from tests.conftest import wait_until
from tests.faults.hostile_server import serving
from tests.faults.shop import FULL, FaultyShop
from tests.faults.visits import Storefront
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import EventQueue

PAUSE = 300.0 if FULL else 0.0  # at least; in any case longer than the lease, as others have done the work meanwhile
pytestmark = pytest.mark.timeout(3_600 if FULL else 900)


@pytest.fixture
def queue(faulty: FaultyShop) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(faulty.server.url) as queue:
        yield queue


def _wait_for_a_batch(faulty: FaultyShop, server: redis.Redis) -> None:
    wait_until(lambda: EmbeddingQueue(server, faulty.alias).in_progress() > 0, "a batch in the model")


def _held(faulty: FaultyShop, server: redis.Redis) -> int:
    stream = f"{faulty.alias}:events"
    groups = server.xinfo_groups(stream) if server.exists(stream) else []
    return int(groups[0]["pending"]) if groups else 0


@pytest.mark.parametrize("which", ["embedder", "writer"])
def test_a_worker_that_was_paused_writes_over_nothing(
    faulty: FaultyShop, queue: redis.Redis, which: str, figure: Callable[[str], None]
) -> None:
    embedder, writer = faulty.workers
    faulty.send(faulty.events)
    paused = embedder if which == "embedder" else writer
    if which == "embedder":
        faulty.gate.touch()
        _wait_for_a_batch(faulty, queue)
    else:
        faulty.proxy.spoil = "hang"
        wait_until(lambda: _held(faulty, queue) > 0, "events held by the writer")
    os.killpg(paused.pid, signal.SIGSTOP)
    begun = time.monotonic()
    faulty.gate.unlink(missing_ok=True)

    others = faulty.start_more(faulty.folder / which, faulty.proxy.upstream)
    try:
        faulty.send(faulty.change_pictures())
        assert faulty.finish() == 0
        faulty.compare()
        time.sleep(max(0.0, PAUSE - (time.monotonic() - begun)))
        before = paused.log.read_text()
        os.killpg(paused.pid, signal.SIGCONT)
        faulty.proxy.spoil = ""
        end = "embedded " if which == "embedder" else "written: "
        wait_until(lambda: end in paused.log.read_text()[len(before) :], "the paused worker going on")
        lasted = time.monotonic() - begun
        assert faulty.finish() == 0
        assert EventQueue(queue, faulty.alias, 1).depth() == 0
        figure(f"The {which} paused for {lasted:.0f} s in the middle of {len(faulty.events)} events, newer ones "
               f"written by another meanwhile: none overwritten, least cosine {faulty.compare():.6f}")  # fmt: skip
    finally:
        for other in others:
            other.stop()


@pytest.mark.parametrize("seconds", [3_600, -3_600], ids=["ahead", "back"])
def test_the_clock_jumps_an_hour(
    faulty: FaultyShop, faulty_storefront: Storefront, queue: redis.Redis, seconds: int, figure: Callable[[str], None]
) -> None:
    first, second = faulty.parts(2)
    faulty.send(first)
    faulty.gate.touch()
    _wait_for_a_batch(faulty, queue)
    faulty.clock.write_text(str(seconds))
    faulty.send(second)
    wait_until(lambda: faulty.states()["all"] == len(faulty.events), "writing all products", faulty.states)
    time.sleep(5)  # housekeeping looks for expired leases every second, or every 15 in a full run
    if FULL:
        time.sleep(60)
    faulty.gate.unlink()
    assert faulty.finish() == 0
    assert "batch lost" not in faulty_storefront.failures()  # no lease is taken for expired
    faulty.clock.unlink()
    faulty.send(faulty.change_pictures())  # the clock jumps back
    assert faulty.finish() == 0
    figure(f"The writing worker's clock jumps {seconds:+d} s and back, {2 * len(faulty.events)} events: 0 lost, "
           f"no lease taken for expired, least cosine {faulty.compare():.6f}")  # fmt: skip


def _limit_files(workers: list[Child], size: int) -> None:
    for worker in workers:
        leader = psutil.Process(worker.pid)
        for process in (leader, *leader.children()):
            process.rlimit(psutil.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))


def test_the_disk_is_full(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    first, second = faulty.parts(2)
    faulty.send(first)
    wait_until(lambda: faulty.states()["done"] == len(first), "embedding the first half", faulty.states)
    _limit_files(faulty.workers, 0)  # each write to a file fails, as on a full disk
    logs = [worker.log.stat().st_size for worker in faulty.workers]  # after it: a batch's last line follows its writes
    try:
        faulty.send(second)
        wait_until(lambda: faulty.states()["done"] > len(first), "embedding more", faulty.states)
        time.sleep(30 if FULL else 0)  # the limit holds for memory of new decoders, too, so that work comes to wait
        assert [worker.log.stat().st_size for worker in faulty.workers] == logs
    finally:
        _limit_files(faulty.workers, psutil.RLIM_INFINITY)
    assert faulty.finish() == 0
    figure(f"The workers' disk full, {len(faulty.events)} events: 0 lost, their log lines are, "
           f"least cosine {faulty.compare():.6f}")  # fmt: skip


def test_a_gpu_fails(faulty: FaultyShop, faulty_storefront: Storefront, figure: Callable[[str], None]) -> None:
    parts = faulty.parts(4)  # more than a product has tries
    for part in parts:
        faulty.breaks.touch()
        faulty.send(part)
        wait_until(lambda: not faulty.breaks.exists(), "a process whose models fail")
    assert faulty.finish() == 0
    failures = faulty_storefront.failures()
    assert failures["DeviceError"] > 0
    assert "batch lost" not in failures  # no try is counted
    figure(f"The models of {len(parts)} processes in a row fail for good, {len(faulty.events)} events: 0 lost, no try "
           f"counted, least cosine {faulty.compare():.6f}")  # fmt: skip


def test_an_image_server_hangs(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    slow = [f"slow-{number}" for number in range(8)]
    with serving() as server:
        faulty.images.upstream, faulty.images.spoil = f"http://127.0.0.1:{server.port}", "hang"
        pictures = [faulty.upsert(faulty.folder / "x", name) for name in slow]
        for event in pictures:
            event["product"]["images"] = [f"{faulty.images.url}/fine?{event['product']['id']}"]
        begun = time.monotonic()
        faulty.send([*pictures, *faulty.events])
        count = len(faulty.events)
        wait_until(lambda: faulty.states()["done"] == count, "embedding the others", faulty.states)
        others = time.monotonic() - begun
        assert faulty.states()["all"] == count + len(slow)
        faulty.images.spoil = ""
        wait_until(lambda: faulty.states()["done"] == count + len(slow), "embedding all", faulty.states)
    assert faulty.letters.count() == 0
    figure(f"An image server hangs for {len(slow)} products: the {count} others are done within {others:.0f} s, these "
           f"{time.monotonic() - begun - others:.0f} s after it answers")  # fmt: skip
