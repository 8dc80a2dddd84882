"""Which worker sends the periodic tasks, and when each was last sent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import redis
from redis.exceptions import LockError

from workers.queues import keys
from workers.queues.connection import translated
from workers.queues.reading import number, text

LEASE = 10.0  # seconds after which another worker takes over from one that died


class Schedule:
    """The schedule of one shop, as one worker takes part in it. Not safe for threads."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._sent = client, keys.schedule(alias)
        self._lease = client.lock(keys.scheduler(alias), timeout=LEASE, blocking=False)

    @translated()
    def hold(self) -> bool:
        """Take or renew the lease; return whether this worker holds it, and so sends what is due."""
        try:
            if self._lease.owned():
                return bool(self._lease.reacquire())
        except LockError:
            return False  # it ran out just now
        return bool(self._lease.acquire())

    @translated()
    def due(self, periods: Mapping[str, float]) -> list[str]:
        """Return the tasks that are due, and note that they are sent.

        Parameters
        ----------
        periods : mapping of str to float
            Task to the seconds between two of it. A new task is due after its first period.
        """
        now = time.time()
        known: Any = self._client.hgetall(self._sent)
        sent = {text(name): number(at) for name, at in known.items()}
        new = [task for task in periods if task not in sent]
        # Sent later than now: the clock was set back.
        due = [task for task, seconds in periods.items() if task in sent and not 0 <= now - sent[task] < seconds]
        if new or due:
            self._client.hset(self._sent, mapping=dict.fromkeys((*new, *due), now))
        return due

    @translated()
    def age(self) -> float | None:
        """Return the seconds since a periodic task was last sent, or None if none ever was."""
        known: Any = self._client.hvals(self._sent)
        return max(0.0, time.time() - max(map(number, known))) if known else None
