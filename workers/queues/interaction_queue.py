"""What shoppers ask and do, on its way into Elasticsearch: a bounded Redis stream that is written in batches.

An entry leaves the stream once it is written. Two workers that take the same entries do no harm, because writing one
again changes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from workers.errors import QueueFullError
from workers.queues import keys
from workers.queues.connection import translated
from workers.queues.reading import json_object, text

LIMIT = 50_000  # messages that may wait: about 50 MB, and some minutes of a busy shop while Elasticsearch is away


@dataclass(frozen=True)
class Waiting:
    """A message in the queue; None if what Redis holds can't be read."""

    key: str
    message: dict[str, Any] | None

    @property
    def age(self) -> float:
        """Seconds since it was queued."""
        return max(0.0, time.time() - int(self.key.partition("-")[0]) / 1_000)


class InteractionQueue:
    """The queue of one shop."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._stream = client, keys.interactions(alias)

    @translated()
    def add(self, messages: Sequence[Mapping[str, Any]], *, limit: int = LIMIT) -> None:
        """Queue messages, all or none.

        Raises
        ------
        QueueFullError
            As many wait as the limit allows.
        RedisUnavailableError
            Redis is down or out of memory.
        """
        if self._client.xlen(self._stream) + len(messages) > limit:
            raise QueueFullError(f"{limit:,} messages on what shoppers did wait to be written")
        with self._client.pipeline(transaction=True) as commands:
            for message in messages:
                commands.xadd(self._stream, {"message": json.dumps(message)})
            commands.execute()

    @translated()
    def oldest(self, count: int) -> list[Waiting]:
        """Return the oldest messages; they stay in the queue."""
        rows: Any = self._client.xrange(self._stream, count=count)
        return [Waiting(text(key), json_object(fields.get(b"message"))) for key, fields in rows]

    @translated()
    def remove(self, messages: Iterable[Waiting]) -> None:
        """Remove messages that were written."""
        if done := [message.key for message in messages]:
            self._client.xdel(self._stream, *done)

    @translated()
    def depth(self) -> int:
        """Count the messages that wait."""
        return int(self._client.xlen(self._stream))
