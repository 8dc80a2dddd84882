"""Answers of workers to waiting processes, each under a key of its own."""

from __future__ import annotations

import json
from typing import Any

import redis

from workers.queues.connection import translated
from workers.queues.reading import json_object

_KEPT = 30  # seconds; nobody reads an answer that came too late


class Replies:
    """Lists that each carry one answer from a worker to one waiting process.

    Celery's result store won't do: once its connection breaks, the web process has to be restarted.

    Parameters
    ----------
    client : redis.Redis
        A client whose time-out for answers is longer than any caller waits.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    @translated()
    def put(self, key: str, answer: dict[str, Any]) -> None:
        """Write an answer for the process that waits for it."""
        with self._client.pipeline(transaction=True) as commands:
            commands.rpush(key, json.dumps(answer))
            commands.expire(key, _KEPT)
            commands.execute()

    @translated()
    def wait(self, key: str, seconds: float) -> dict[str, Any] | None:
        """Return the answer, or None if none arrived in time that can be read."""
        popped: Any = self._client.blpop([key], timeout=seconds)
        return None if popped is None else json_object(popped[1])
