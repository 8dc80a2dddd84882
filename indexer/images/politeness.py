"""Crawl politeness: limits on the fetches from a host, and pauses when it is busy or doesn't answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cachetools import LRUCache

from indexer.errors import ImageUnavailableError

_HOSTS = 1_000  # remembered at once
_MAX_UNANSWERED = 5  # fetches in a row, after which a host is paused
_PAUSE = 30.0  # seconds
_MAX_PAUSE = 120.0  # seconds that Retry-After can ask for


class Politeness:
    """Limits the fetches from each host. Thread-safe; make one per process.

    Parameters
    ----------
    concurrency : int
        Concurrent fetches from one host.
    rate : float
        Fetches from one host per second.
    """

    def __init__(self, concurrency: int = 8, rate: float = 50.0) -> None:
        self._concurrency, self._rate = concurrency, rate
        self._hosts: LRUCache[str, _Host] = LRUCache(_HOSTS)
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for a turn at a host, and hold it.

        Raises
        ------
        ImageUnavailableError
            The host is paused.
        """
        state = self._state(host)
        with state.slots:
            state.check(host)
            time.sleep(state.wait(self._rate))
            yield

    def answered(self, host: str, retry_after: float | None = None) -> None:
        """Note that a host answered, and for how many seconds it asked to be paused."""
        state = self._state(host)
        state.unanswered = 0
        if retry_after:
            state.paused_until = time.monotonic() + min(retry_after, _MAX_PAUSE)

    def unanswered(self, host: str) -> None:
        """Note that a host didn't answer in time; after several in a row it is paused."""
        state = self._state(host)
        state.unanswered += 1
        if state.unanswered >= _MAX_UNANSWERED:
            state.unanswered, state.paused_until = 0, time.monotonic() + _PAUSE

    def _state(self, host: str) -> _Host:
        with self._lock:
            state = self._hosts.get(host)
            if state is None:
                state = self._hosts[host] = _Host(self._concurrency)
            return state


class _Host:
    def __init__(self, concurrency: int) -> None:
        self.slots = threading.Semaphore(concurrency)
        self.paused_until, self.unanswered = 0.0, 0
        self._next, self._lock = 0.0, threading.Lock()

    def check(self, host: str) -> None:
        left = self.paused_until - time.monotonic()
        if left > 0:
            raise ImageUnavailableError(
                f"the image's host {host!r} doesn't answer, or asked for a pause; it is paused for {left:.0f} s"
            )

    def wait(self, rate: float) -> float:
        """Reserve the next slot and return the seconds until it comes."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + 1 / rate
            return start - now
