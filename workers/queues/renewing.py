"""Renew what belongs to this process for as long as it works on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis


@contextmanager
def renewing(renew: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call ``renew`` every so many seconds while the block runs, in a thread.

    While Redis is down nothing is renewed. If it comes back too late, another process repeats the work.
    """
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(seconds):
            try:
                renew()
            except redis.RedisError:
                continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
