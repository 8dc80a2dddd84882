"""Single values that expire."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import redis
from redis.client import Pipeline

from workers.queues.connection import translated

Value = bytes | str | float


class ExpiringValues:
    """Values under the keys of keys.py, each with a time to live in seconds from its last write.

    Every method raises `RedisUnavailableError` while Redis is down or full.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    @translated()
    def get(self, key: str) -> bytes | None:
        """Return a value, or None if it does not exist or has expired."""
        return cast("bytes | None", self._client.get(key))

    @translated()
    def take(self, key: str) -> bytes | None:
        """Return a value and delete it; None if it does not exist or has expired."""
        return cast("bytes | None", self._client.getdel(key))

    @translated()
    def set(self, key: str, value: Value, seconds: float) -> None:
        """Write a value."""
        self._client.set(key, value, px=round(seconds * 1_000))

    @translated()
    def add(self, key: str, value: Value, seconds: float) -> bool:
        """Write a value unless there is one, and return whether there was none."""
        return bool(self._client.set(key, value, nx=True, px=round(seconds * 1_000)))

    @translated()
    def extend(self, key: str, seconds: float) -> bool:
        """Keep a value for so many seconds from now, and return whether there is one."""
        return bool(self._client.pexpire(key, round(seconds * 1_000)))

    @translated()
    def update(self, key: str, change: Callable[[bytes | None], Value], seconds: float) -> None:
        """Replace a value by a function of it, atomically.

        Parameters
        ----------
        change : callable
            Called again if another update came first.
        """

        def replace(commands: Pipeline) -> None:
            value = change(cast("bytes | None", commands.get(key)))
            commands.multi()
            commands.set(key, value, px=round(seconds * 1_000))

        self._client.transaction(replace, key)

    @translated()
    def delete(self, key: str) -> None:
        """Delete a value."""
        self._client.delete(key)
