"""The deadline of a shopper's request, which all calls made for it share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from indexer.errors import ProductSearchError

_end: ContextVar[float | None] = ContextVar("end", default=None)  # by time.monotonic()
_given_up: ContextVar[set[str] | None] = ContextVar("given_up", default=None)  # servers, within the outermost block


class DeadlineError(ProductSearchError):
    """The deadline of a request has passed; a retry may succeed when the servers are faster."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit the block, and all calls in it, to ``seconds``, or to what an outer block has left if that is less."""
    end, outer = time.monotonic() + seconds, _end.get()
    token = _end.set(end if outer is None else min(end, outer))
    servers = _given_up.set(set() if outer is None else _given_up.get())
    try:
        yield
    finally:
        _given_up.reset(servers)
        _end.reset(token)


def left() -> float | None:
    """Return the seconds left, at least 0; None without a deadline, as in a worker."""
    end = _end.get()
    return None if end is None else max(0.0, end - time.monotonic())


def give_up(server: str) -> None:
    """Note that a server took too long to answer, so that nothing else of this request waits for it."""
    servers = _given_up.get()
    if servers is not None:
        servers.add(server)


def has_given_up(server: str) -> bool:
    """Return whether this request has waited for a server in vain; never without a deadline."""
    return server in (_given_up.get() or ())


@contextmanager
def holding(lock: Lock) -> Iterator[None]:
    """Hold a lock, waiting for it no longer than the time left.

    Raises
    ------
    DeadlineError
        Another thread held it until the deadline.
    """
    seconds = left()
    if not lock.acquire(timeout=-1 if seconds is None else seconds):
        raise DeadlineError("the time of the request was used up waiting for another request")
    try:
        yield
    finally:
        lock.release()
