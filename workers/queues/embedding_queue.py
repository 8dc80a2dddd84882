"""Products that wait for their vectors: a set, so that a product changed ten times is embedded once.

Products are taken in batches, each under a lease that its worker renews while it lives. A batch whose process died is
recognised by its expired lease (or by its task, which Celery redelivers). It is reclaimed: its products are tried one
by one, three times in all, so that a product that kills its process takes no other with it. Each step is one Lua
script, and so atomic.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import redis
from more_itertools import chunked

from indexer.backoff import backoff
from workers.queues import keys, scripts
from workers.queues.connection import translated
from workers.queues.reading import number, text
from workers.queues.renewing import renewing

LEASE, _RENEWAL = 30.0, 10.0  # seconds
MAX_TRIES = 3
_LAST_TRY_DELAY = 60.0  # seconds, in which a passing cause (no memory left, a restart) goes away
_IMAGE_TRIES = 6  # of an image whose server is down ...
_IMAGE_PAUSE, _IMAGE_LONGEST = 20.0, 640.0  # ... seconds before the second and before the last try
_GIVEN_UP_KEPT = 60.0  # seconds, more than Elasticsearch takes to show that a product was given up
_CHUNK = 1_000

# The Lua scripts and their keys, in the order that each script lists at its top.
SCRIPTS = {
    "add": ("waiting", "since", "given_up", "tries"),
    "take": ("waiting", "taken", "batches", "tries"),
    "finish": ("waiting", "taken", "batches", "tries", "since"),
    "reclaim": ("waiting", "taken", "batches", "tries", "since", "given_up"),
}


class EmbeddingQueue:
    """The queue of one shop."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._keys = client, keys.embedding(alias)

    @translated("Redis doesn't take products to embed: {kind}. Is it up?")
    def add(self, ids: Iterable[str], received: Mapping[str, float] | None = None, *, drifted: bool = False) -> int:
        """Queue products, and return their number.

        Parameters
        ----------
        received : mapping of str to float, optional
            When the event of a product arrived, in seconds since the epoch, to measure the lag.
        drifted : bool
            Whether reconciliation adds them. It skips products whose process died, which are queued or being tried
            already, and products given up just now, which its search may have missed.

        Raises
        ------
        RedisUnavailableError
            Redis is down or out of memory.
        """
        count, times = 0, received or {}
        for part in chunked(ids, _CHUNK):
            pairs = [value for product_id in part for value in (product_id, times.get(product_id, ""))]
            skipped = _GIVEN_UP_KEPT if drifted else 0
            self._run("add", self._now(), skipped, *pairs)
            count += len(part)
        return count

    @translated()
    def take(self, batch: str, count: int, *, suspects: bool = True) -> list[str]:
        """Take products that are due, under a lease.

        Parameters
        ----------
        batch : str
            Name of the batch, ``TASK/NUMBER``.
        count : int
            Maximum number of products.
        suspects : bool
            Whether a product whose process died may be taken, alone; not while this process works on other batches.
        """
        now = self._now()
        taken = self._run("take", batch, now, now + LEASE, count, int(suspects))
        return list(map(text, taken))

    @translated()
    def is_suspect(self, ids: Sequence[str]) -> bool:
        """Return whether a batch is a single product whose process died."""
        return len(ids) == 1 and bool(self._client.hexists(self._keys["tries"], ids[0]))

    def lease(self, batch: str) -> AbstractContextManager[None]:
        """Renew a batch's lease while the block runs."""
        return renewing(lambda: self._client.zadd(self._keys["taken"], {batch: self._now() + LEASE}, xx=True), _RENEWAL)

    @translated()
    def finish(self, batch: str, requeued: Iterable[str] = (), after: float = 0) -> dict[str, float]:
        """End a batch, and return when the events of its finished products arrived.

        Parameters
        ----------
        requeued : iterable of str
            Products of the batch that could not be embedded now.
        after : float
            Seconds until they are due.
        """
        rows = self._run("finish", batch, self._now() + after, *requeued)
        return {text(rows[i]): number(rows[i + 1], default=time.time()) for i in range(0, len(rows), 2)}

    @translated()
    def defer(self, ids: Iterable[str]) -> int:
        """Queue products again whose image is unavailable now, and count those that have used all their tries.

        Pauses double: a server that restarts is retried soon, one that is down all day seldom.
        """
        exhausted = 0
        for product_id in ids:
            tries = int(self._client.hincrby(self._keys["put_off"], product_id, 1))
            if tries > _IMAGE_TRIES:
                self._client.hdel(self._keys["put_off"], product_id)
                exhausted += 1
            else:
                due = self._now() + backoff(tries, first=_IMAGE_PAUSE, longest=_IMAGE_LONGEST)
                self._client.zadd(self._keys["waiting"], {product_id: due}, lt=True)
        return exhausted

    @translated()
    def reset_deferrals(self, ids: Sequence[str]) -> None:
        """Reset the tries of products whose images are available."""
        if ids:
            self._client.hdel(self._keys["put_off"], *ids)

    @translated()
    def reclaim(self, batch: str) -> list[str]:
        """Take back a batch whose process died, and return the products that have used all their tries."""
        given_up = self._run("reclaim", batch, self._now(), MAX_TRIES, _LAST_TRY_DELAY, _GIVEN_UP_KEPT)
        return list(map(text, given_up))

    @translated()
    def unfinished(self, task: str) -> list[str]:
        """List a task's batches (``TASK/...``) that were taken and never ended."""
        names: Any = self._client.hkeys(self._keys["batches"])
        return sorted(text(name) for name in names if name.startswith(f"{task}/".encode()))

    @translated()
    def correct_times(self) -> None:
        """Bring forward what is due, or leased, longer than anything ever is: Redis' clock was set back."""
        now = self._now()
        for key, longest in (("waiting", _IMAGE_LONGEST), ("taken", LEASE)):
            # Twice as long: a lease that is renewed at this moment ends later than that.
            ahead: Any = self._client.zrangebyscore(self._keys[key], f"({now + 2 * longest}", "+inf")
            if ahead:
                self._client.zadd(self._keys[key], dict.fromkeys(ahead, now), xx=True)

    @translated()
    def expired(self) -> list[str]:
        """List the batches whose lease has run out."""
        names: Any = self._client.zrangebyscore(self._keys["taken"], "-inf", self._now())
        return list(map(text, names))

    @translated()
    def due(self) -> int:
        """Count the products that are due."""
        return int(self._client.zcount(self._keys["waiting"], "-inf", self._now()))

    @translated()
    def depth(self) -> int:
        """Count the products that wait, due or not."""
        return int(self._client.zcard(self._keys["waiting"]))

    @translated()
    def in_progress(self) -> int:
        """Count the batches that are being embedded."""
        return int(self._client.zcard(self._keys["taken"]))

    def _run(self, script: str, *arguments: object) -> list[bytes]:
        return scripts.run(self._client, script, [self._keys[name] for name in SCRIPTS[script]], arguments) or []

    def _now(self) -> float:
        """Return the time by Redis' clock, because those of workers may differ."""
        seconds, microseconds = self._client.time()
        return float(seconds) + microseconds / 1e6
