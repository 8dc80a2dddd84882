"""What was read last, kept in memory to be shown while it can't be read again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import is_dataclass
from threading import Lock
from typing import Generic, TypeVar

from cachetools import TTLCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_RENEW_SECONDS = 10.0  # a value younger than this isn't replaced, so that popular addresses cost nothing


class LastKnown(Generic[K, V]):
    """Values by key, each with its age. Bounded: the least recently used leave first. Safe for threads.

    Parameters
    ----------
    seconds : float
        Age at which a value is forgotten; 0 keeps none.
    entries, max_bytes : int
        Limits of all values together.
    """

    def __init__(
        self, *, seconds: float, entries: int, max_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock, self._lock = clock, Lock()
        # Each counts at least its share, so that small ones are bounded in number.
        self._min_size = max_bytes // entries
        self._values: TTLCache[K, tuple[float, int, V]] = TTLCache(
            max_bytes, seconds, timer=clock, getsizeof=lambda entry: entry[1]
        )

    def put(self, key: K, value: V) -> bool:
        """Keep a value, unless one is there that is almost as new; return whether it is kept."""
        now = self._clock()
        with self._lock:
            if (known := self._values.get(key)) and now - known[0] < _RENEW_SECONDS:
                return False
        size = max(self._min_size, size_of(value))
        with self._lock:
            if fits := size <= self._values.maxsize:
                self._values[key] = now, size, value
        return fits

    def get(self, key: K) -> tuple[V, float] | None:
        """Return a value and its age in seconds, or None if there is none."""
        with self._lock:
            known = self._values.get(key)
        return (known[2], self._clock() - known[0]) if known else None

    def forget(self, key: K) -> None:
        """Forget a value, if it is kept."""
        with self._lock:
            self._values.pop(key, None)


def size_of(value: object) -> int:
    """Return about how many bytes of memory plain data takes; what is shared counts each time."""
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(size_of(k) + size_of(v) for k, v in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return size + sum(map(size_of, value))
    return size + size_of(vars(value)) if is_dataclass(value) else size
