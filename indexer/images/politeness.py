"""How a host is asked for images: a few at a time, not too often, and not while it wants to be left alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cachetools import LRUCache

from indexer.errors import ImageUnavailableError

_HOSTS = 1_000  # remembered at once
_PATIENCE = 5  # fetches in a row that a host may leave unanswered
_PAUSE = 30.0  # seconds it is left alone then
_LONGEST_PAUSE = 120.0  # seconds a host may ask for; later fetches ask again


class Politeness:
    """Turns at hosts. Thread-safe; one a process.

    Parameters
    ----------
    concurrency : int
        Fetches from one host at a time.
    rate : float
        Fetches from one host a second.
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
            The host is to be left alone for a while.
        """
        state = self._state(host)
        with state.slots:
            state.check(host)
            time.sleep(state.wait(self._rate))
            yield

    def answered(self, host: str, retry_after: float | None = None) -> None:
        """Note that a host answered, and for how many seconds it asked to be left alone."""
        state = self._state(host)
        state.unanswered = 0
        if retry_after:
            state.paused_until = time.monotonic() + min(retry_after, _LONGEST_PAUSE)

    def unanswered(self, host: str) -> None:
        """Note that a host didn't answer, or not in time; after some in a row it is left alone for a while."""
        state = self._state(host)
        state.unanswered += 1
        if state.unanswered >= _PATIENCE:
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
                f"the image's host {host!r} doesn't answer, or asked for a pause; it is left alone for {left:.0f} s"
            )

    def wait(self, rate: float) -> float:
        """Take the next place in the row; give the seconds until it comes."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + 1 / rate
            return start - now
