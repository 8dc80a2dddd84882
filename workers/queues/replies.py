"""Answers of workers to those who wait for them, each under a key of its own."""

from __future__ import annotations

import json
from typing import Any

import redis

from workers.queues.connection import translated

_KEPT = 30  # seconds; an answer that came too late is not fetched any more


class Replies:
    """Lists in which one worker lays one answer, for one process that waits.

    Not Celery's result store: a web process whose connection broke once would have to be restarted.

    Parameters
    ----------
    client : redis.Redis
        Its time-out for answers is longer than anybody waits.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    @translated()
    def put(self, key: str, answer: dict[str, Any]) -> None:
        """Lay an answer where it is waited for."""
        with self._client.pipeline(transaction=True) as commands:
            commands.rpush(key, json.dumps(answer))
            commands.expire(key, _KEPT)
            commands.execute()

    @translated()
    def wait(self, key: str, seconds: float) -> dict[str, Any] | None:
        """Return the answer; None where none came in time."""
        popped: Any = self._client.blpop([key], timeout=seconds)
        return None if popped is None else dict(json.loads(popped[1]))
