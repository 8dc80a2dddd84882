"""Why work waits although there are workers: a person may have to fix an index, a key or a role."""

from __future__ import annotations

import redis

from workers.queues import keys
from workers.queues.connection import translated
from workers.queues.reading import text

_KEPT = 300  # seconds since the last failure: several times the longest pause between two tries
_MAX_LENGTH = 500  # characters


class Stalls:
    """The last reason for which each queue of one shop waits. While Redis is down nothing is noted."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._key = client, keys.stalls(alias)

    def note(self, queue: str, why: str) -> None:
        """Note why a queue waits."""
        try:
            with self._client.pipeline(transaction=True) as commands:
                commands.hset(self._key, queue, why[:_MAX_LENGTH])
                commands.expire(self._key, _KEPT)
                commands.execute()
        except redis.RedisError:
            return

    def end(self, queue: str) -> None:
        """Note that a queue's work is accepted again."""
        try:
            self._client.hdel(self._key, queue)
        except redis.RedisError:
            return

    @translated()
    def read(self) -> dict[str, str]:
        """Return the reason of each queue that waits.

        Raises
        ------
        RedisUnavailableError
            Redis is down.
        """
        reasons: dict[bytes, bytes] = self._client.hgetall(self._key)  # type: ignore[assignment]
        return {text(queue): text(why) for queue, why in reasons.items()}
