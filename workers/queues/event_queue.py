"""Catalogue events on their way into Elasticsearch: a Redis stream, so that single events are written in batches.

An entry leaves the stream when it is written or becomes a dead letter. Other workers reclaim a dead worker's entries.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import redis
from redis.client import Pipeline

from workers.errors import QueueFullError
from workers.queues import keys, scripts
from workers.queues.connection import translated
from workers.queues.reading import json_object, number, text
from workers.queues.renewing import renewing

_GROUP = "writers"
_REFUSED = "Redis doesn't take catalogue events: {kind}"
_SHOWN = 1_000  # bytes of an unreadable event that its dead letter holds
_WEBHOOK_KEPT = 5 * 86_400  # seconds; senders stop retrying earlier
_IDLE_MS = 30_000  # ms since a worker last renewed its hold, after which another reclaims its entries
_SHRINK = 3  # bits: each time a worker dies, its entries are taken in batches an eighth as large


@dataclass(frozen=True)
class Entry:
    """An event in the queue.

    Attributes
    ----------
    event : dict
        The validated event, with its version.
    id : str
        Its id in logs: the request's id and the event's position in it.
    received : float
        When it arrived, in seconds since the epoch.
    key : str
        Its id in the stream.
    tries : int
        How many workers have taken it, including this one.
    """

    event: dict[str, Any]
    id: str
    received: float
    key: str = ""
    tries: int = 1


class EventQueue:
    """The queue of one shop.

    Parameters
    ----------
    limit : int
        Number of entries from which on new ones are refused.
    """

    def __init__(self, client: redis.Redis, alias: str, limit: int) -> None:
        self._client, self._alias, self._limit = client, alias, limit
        self._stream, self._requeued = keys.events(alias), keys.requeued(alias)

    @translated(_REFUSED)
    def first_seen(self, name: str, now: float) -> int:
        """Return when a webhook was first seen, by its ``webhook-id``, in milliseconds since the epoch.

        Each is later than those before it, even if the clock was set back: events without a version take it as theirs.

        Raises
        ------
        RedisUnavailableError
            Redis is down or out of memory.
        """
        names = [keys.webhook(self._alias, name), keys.latest_webhook(self._alias)]
        first = scripts.run(self._client, "first_seen", names, [round(now * 1_000), _WEBHOOK_KEPT])
        return round(number(first, default=now * 1_000))

    @translated(_REFUSED)
    def add(self, entries: Sequence[Entry]) -> None:
        """Queue events, all or none.

        Raises
        ------
        QueueFullError
            As many entries wait as QUEUE_LIMIT allows.
        RedisUnavailableError
            Redis is down or out of memory.
        """
        if self._client.xlen(self._stream) >= self._limit:
            raise QueueFullError(f"{self._limit:,} catalogue events wait to be written (QUEUE_LIMIT)")
        self._add(entries, done=())

    @translated()
    def requeue(self, entries: Sequence[Entry]) -> None:
        """Put entries that could not be written now back at the end of the queue.

        While Redis is out of memory they stay where they are, and their tries don't count.
        """
        ids = [entry.key for entry in entries]
        try:
            added = self._add(entries, done=ids)
            self._client.zadd(self._requeued, {key: e.received for key, e in zip(added, entries, strict=True)})
        except redis.exceptions.OutOfMemoryError:
            self._client.xclaim(self._stream, _GROUP, "nobody", 0, ids, idle=_IDLE_MS, retrycount=0, justid=True)  # type: ignore[arg-type]

    def hold(self, entries: Sequence[Entry], taker: str) -> AbstractContextManager[None]:
        """Keep other workers from reclaiming entries while the block runs, however long it takes."""
        arguments = [_GROUP, taker, *(entry.key for entry in entries)]
        return renewing(lambda: scripts.run(self._client, "hold", [self._stream], arguments), _IDLE_MS / 3_000)

    def _add(self, entries: Sequence[Entry], done: Sequence[str]) -> list[bytes]:
        """Add entries to the stream, remove those that are done, and return the new ones' ids in the stream."""
        with self._client.pipeline(transaction=True) as commands:
            for entry in entries:
                fields = {"event": json.dumps(entry.event), "id": entry.id, "received": entry.received}
                commands.xadd(self._stream, fields)  # type: ignore[arg-type]
            if done:
                self._remove(commands, done)
            return list(commands.execute()[: len(entries)])

    def _remove(self, commands: Pipeline, done: Sequence[str]) -> None:
        commands.xack(self._stream, _GROUP, *done)
        commands.xdel(self._stream, *done)
        commands.zrem(self._requeued, *done)

    @translated()
    def take(self, count: int, taker: str) -> list[Entry]:
        """Take the oldest entries that no worker holds, or whose worker has been gone for half a minute.

        Those whose workers died are taken in ever smaller batches, at last alone: one entry that kills its worker has
        no other given up with it.
        """
        try:
            return self._reclaimed(count, taker) or self._new(count, taker)
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            self._make_group()
            return self._new(count, taker)

    def _reclaimed(self, count: int, taker: str) -> list[Entry]:
        idle: Any = self._client.xpending_range(self._stream, _GROUP, "-", "+", count, idle=_IDLE_MS)
        if not idle:
            return []
        tries = {row["message_id"]: int(row["times_delivered"]) for row in idle}
        ids = list(tries)[: max(1, count >> (_SHRINK * tries[idle[0]["message_id"]]))]
        rows: Any = self._client.xclaim(self._stream, _GROUP, taker, _IDLE_MS, ids)  # fewer if another was quicker
        return [_entry(key, fields, tries[key] + 1) for key, fields in rows if fields]

    def _new(self, count: int, taker: str) -> list[Entry]:
        streams = self._client.xreadgroup(_GROUP, taker, {self._stream: ">"}, count=count) or []
        rows = streams.values() if isinstance(streams, dict) else [rows for _, rows in streams]
        return [_entry(key, fields) for batch in rows for key, fields in _flat(batch)]

    def _make_group(self) -> None:
        try:
            self._client.xgroup_create(self._stream, _GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):  # another worker made it
                raise

    @translated()
    def acknowledge(self, entries: Iterable[Entry]) -> None:
        """Remove entries from the queue: they are written, or stored as dead letters."""
        if done := [entry.key for entry in entries]:
            with self._client.pipeline(transaction=True) as commands:
                self._remove(commands, done)
                commands.execute()

    @translated()
    def depth(self) -> int:
        """Count the entries that wait or are being written."""
        return int(self._client.xlen(self._stream))

    @translated()
    def age(self) -> float:
        """Return the seconds since the oldest entry was received, however often it was tried; 0 where nothing waits."""
        first: Any = self._client.xrange(self._stream, count=1)
        if not first:
            return 0.0
        # Its id says when it was added: no other entry is older, except those that were requeued.
        added = int(first[0][0].partition(b"-")[0]) / 1_000
        return max(0.0, time.time() - min(added, self._oldest_requeued()))

    def _oldest_requeued(self) -> float:
        """Return when the first of the requeued entries was received, infinity if there is none."""
        while True:
            rows: Any = self._client.zrange(self._requeued, 0, 0, withscores=True)
            if not rows:
                return math.inf
            [(key, received)] = rows
            if self._holds(key):
                return float(received)
            self._client.zrem(self._requeued, key)  # a worker of an earlier version has written the event

    def _holds(self, key: bytes) -> bool:
        try:
            return bool(self._client.xrange(self._stream, key, key))
        except redis.ResponseError:  # it is no id
            return False


def _flat(batch: Any) -> Iterable[tuple[bytes, dict[bytes, bytes]]]:
    # redis-py returns a list of entries, or with RESP3 a list of such lists.
    return batch[0] if batch and isinstance(batch[0], list) else batch


def _entry(key: bytes, fields: dict[bytes, bytes], tries: int = 1) -> Entry:
    """Read an entry. An event that can't be read stays what it is: no valid event, and so a dead letter."""
    data = fields.get(b"event", b"")
    event = json_object(data)
    return Entry(
        event={"unreadable": text(data[:_SHOWN])} if event is None else event,
        id=text(fields.get(b"id", b"")),
        received=number(fields.get(b"received"), default=time.time()),
        key=text(key),
        tries=tries,
    )
