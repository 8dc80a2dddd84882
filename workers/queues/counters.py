"""What workers and web app count, in Redis: counts outlive the processes, and any process can show those of all."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import redis

from workers.queues import keys
from workers.queues.connection import translated

SERVED = "served"  # what listings are counted under, by strategy
LAG_BUCKETS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0)  # seconds


class Counters:
    """Counts of one shop. What can't be counted because Redis is away is left out: work never stops for it."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._key = client, keys.counters(alias)

    def count(self, name: str, label: str = "", by: float = 1) -> None:
        """Add to a count; a label tells apart what is counted under one name."""
        if by:
            self._write({f"{name}|{label}": by})

    def lags(self, seconds: Iterable[float]) -> None:
        """Count how long events took until their product was written with its vector."""
        rises: dict[str, float] = {}
        for lag in seconds:
            bucket = next((b for b in LAG_BUCKETS if lag <= b), None)
            for field, by in ((f"lag_bucket|{bucket or '+Inf'}", 1.0), ("lag_sum|", lag)):
                rises[field] = rises.get(field, 0) + by
        self._write(rises)

    def set(self, name: str, value: float) -> None:
        """Write a value that may rise and fall."""
        try:
            self._client.hset(self._key, f"{name}|", value)
        except redis.RedisError:
            return

    def streak(self, name: str, *, ended: bool = False) -> int:
        """Count failures in a row, this one included; 0 where the row has ended."""
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
            Redis is away.
        """
        fields: dict[Any, Any] = self._client.hgetall(self._key)
        parts = ((name.decode().partition("|"), float(value)) for name, value in fields.items())
        return {(name, label): value for (name, _, label), value in parts}

    def _write(self, rises: dict[str, float]) -> None:
        try:
            with self._client.pipeline(transaction=False) as commands:
                for field, by in rises.items():
                    commands.hincrbyfloat(self._key, field, by)
                commands.execute()
        except redis.RedisError:
            return


class BufferedCounter:
    """Counts under one name, and hands the counts on every few seconds: who counts waits for Redis once in a while."""

    def __init__(self, counters: Counters, name: str, seconds: float = 2.0) -> None:
        self._counters, self._name, self._seconds = counters, name, seconds
        self._lock, self._counted, self._flushed = threading.Lock(), Counter[str](), 0.0

    def count(self, label: str) -> None:
        """Count one."""
        with self._lock:
            self._counted[label] += 1
            if time.monotonic() - self._flushed < self._seconds:
                return
            counted, self._counted = self._counted, Counter[str]()
            self._flushed = time.monotonic()
        for name, by in counted.items():
            self._counters.count(self._name, name, by)
