"""Celery's queues: a worker is woken once for all work that has arrived since it last looked."""

from __future__ import annotations

from typing import Any

import redis
from kombu.exceptions import OperationalError

from workers.app import app
from workers.errors import RedisUnavailableError
from workers.queues import keys
from workers.queues.connection import translated

_WOKEN_MS = 5_000  # after which a worker that did not start (Redis was emptied, its process died) is woken again


class TaskQueues:
    """The task queues, as one shop uses them."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._alias = client, alias

    def send(self, task: str, arguments: list[Any], **options: Any) -> None:
        """Send a task to a worker.

        Raises
        ------
        RedisUnavailableError
            Redis is down or out of memory.
        """
        try:
            app.send_task(task, args=arguments, **options)
        except (OperationalError, redis.RedisError) as error:
            raise RedisUnavailableError(f"Redis doesn't take tasks: {type(error).__name__}") from error

    def wake(self, task: str, *, after: float = 0) -> bool:
        """Send a worker to a queue unless one is on its way already; return False if Redis is down.

        The work is in the queue, not in the task: a lost task only delays it until the scheduler sends the next one
        (`workers.wake`).

        Parameters
        ----------
        after : float
            Seconds from now, to try again. While a server refuses work, each try asks for the next one: only one is
            under way, or the tries of all tasks and of the scheduler would add up.
        """
        key, milliseconds = keys.woken(self._alias, task), _WOKEN_MS
        if after:
            key, milliseconds = keys.woken_later(self._alias, task), max(1, round(after * 1_000))
        try:
            if self._client.set(key, 1, nx=True, px=milliseconds):
                app.send_task(task, countdown=after or None)
        except (redis.RedisError, OperationalError):
            return False
        return True

    @translated()
    def is_awaited(self, task: str) -> bool:
        """Return whether a delayed wake of a queue is outstanding."""
        return bool(self._client.exists(keys.woken_later(self._alias, task)))

    @translated()
    def acknowledge(self, task: str) -> None:
        """Note that the worker has started: `wake` sends a task again from now on."""
        self._client.delete(keys.woken(self._alias, task))

    @translated()
    def depth(self, queue: str) -> int:
        """Count the tasks that no worker has taken yet."""
        return int(self._client.llen(queue))
