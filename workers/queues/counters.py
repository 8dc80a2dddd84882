"""Counts of the workers and the web app, kept in Redis: they outlive processes, and any process can read them all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import redis

from workers.queues import keys
from workers.queues.connection import translated
from workers.queues.reading import number, text

SERVED = "served"  # name of the count of listings, by strategy
REFUSED = "refused"  # name of the count of requests that were refused because the shop was busy, by kind
STALE = "stale"  # name of the count of what was shown from memory, by kind
INTERACTIONS = "interactions"  # name of the count of messages on what shoppers did that were written
INTERACTIONS_DROPPED = "interactions_dropped"  # name of the count of those that were not, by reason
LAG_BUCKETS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0)  # seconds


class Counters:
    """Counts of one shop. While Redis is down nothing is counted: work never stops for a count."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._key = client, keys.counters(alias)

    def count(self, name: str, label: str = "", by: float = 1) -> None:
        """Add to a count; labels distinguish counts of one name."""
        if by:
            self._write({f"{name}|{label}": by})

    def count_labels(self, name: str, labels: Mapping[str, float]) -> None:
        """Add to the counts of several labels of one name."""
        self._write({f"{name}|{label}": by for label, by in labels.items()})

    def lags(self, seconds: Iterable[float]) -> None:
        """Count how long events took until their product was written with its vector."""
        increments: dict[str, float] = {}
        for lag in (max(0.0, second) for second in seconds):  # negative where clocks differ
            bucket = next((b for b in LAG_BUCKETS if lag <= b), None)
            for field, by in ((f"lag_bucket|{bucket or '+Inf'}", 1.0), ("lag_sum|", lag)):
                increments[field] = increments.get(field, 0) + by
        self._write(increments)

    def set(self, name: str, value: float) -> None:
        """Write a gauge: a value that may rise and fall."""
        try:
            self._client.hset(self._key, f"{name}|", value)
        except redis.RedisError:
            return

    def streak(self, name: str, *, ended: bool = False) -> int:
        """Count failures in a row, including this one; `ended` resets the count to 0."""
        field = f"streak|{name}"
        try:
            if ended:
                self._client.hdel(self._key, field)
                return 0
            return int(self._client.hincrby(self._key, field, 1))
        except redis.RedisError:
            return 1

    @translated()
    def read(self) -> dict[tuple[str, str], float]:
        """Return all counts, by name and label.

        Raises
        ------
        RedisUnavailableError
            Redis is down.
        """
        fields: dict[Any, Any] = self._client.hgetall(self._key)
        parts = ((text(name).partition("|"), number(value)) for name, value in fields.items())
        return {(name, label): value for (name, _, label), value in parts}

    def _write(self, increments: dict[str, float]) -> None:
        try:
            with self._client.pipeline(transaction=False) as commands:
                for field, by in increments.items():
                    commands.hincrbyfloat(self._key, field, by)
                commands.execute()
        except redis.RedisError:
            return


class BufferedCounter:
    """Counts in memory and writes to Redis every few seconds, so that few requests wait for Redis.

    Parameters
    ----------
    write : callable
        Takes the counts since it was called last, by what was counted.
    """

    def __init__(self, write: Callable[[Mapping[str, float]], None], seconds: float = 2.0) -> None:
        self._write, self._seconds = write, seconds
        self._pending: dict[str, float] = {}
        self._lock, self._flushed = threading.Lock(), 0.0

    def count(self, what: str) -> None:
        """Count one."""
        self.add({what: 1})

    def add(self, counts: Mapping[str, float]) -> None:
        """Add to several counts at once."""
        with self._lock:
            for what, by in counts.items():
                self._pending[what] = self._pending.get(what, 0) + by
            if time.monotonic() - self._flushed < self._seconds:
                return
            pending, self._pending = self._pending, {}
            self._flushed = time.monotonic()
        self._write(pending)
