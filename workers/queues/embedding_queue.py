"""Products that wait for their vectors: a set, so that a product changed ten times is embedded once.

Products are taken in batches, each under a lease that its worker renews while it lives. A batch whose process died is
known by its lease (or by its task, which Celery gives out again): its products are then tried one by one, three times
in all, so that one that kills its process takes no other with it. All this happens in Lua, whole or not at all.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

import redis

from workers.errors import QueueError

LEASE = 30.0  # seconds
_RENEWED = 10.0
MAX_TRIES = 3
_PAUSE = 60.0  # seconds before the last try: what else was at fault (memory, a restart) may have passed by then
_IMAGE_TRIES = 6  # of an image whose server is away ...
_IMAGE_PAUSE = 20.0  # ... seconds before the second, doubled with each: a quarter of an hour in all
_KNOWN = 60.0  # seconds for which it is known what was given up: longer than Elasticsearch takes to show it
_CHUNK = 1_000


class EmbeddingQueue:
    """The queue of one shop."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client = client
        self._keys = {
            name: f"{alias}:embed:{name}"
            for name in ("waiting", "taken", "batches", "tries", "since", "put_off", "given_up")
        }

    def add(self, ids: Iterable[str], received: Mapping[str, float] | None = None, *, drifted: bool = False) -> int:
        """Queue products; give how many.

        Parameters
        ----------
        received : mapping of str to float, optional
            When the event of a product came, for the time that it takes until it is found.
        drifted : bool
            Whether a search found them without their vector: left out are those whose process died, which wait already
            or are in hand, and those that were given up just now, which the search may not have seen.

        Raises
        ------
        QueueError
            Redis is away or out of memory.
        """
        iterator, count, times = iter(ids), 0, received or {}
        try:
            while part := list(islice(iterator, _CHUNK)):
                pairs = [value for product_id in part for value in (product_id, times.get(product_id, ""))]
                spared = _KNOWN if drifted else 0
                self._run("add", ("waiting", "since", "given_up", "tries"), time.time(), spared, *pairs)
                count += len(part)
        except redis.RedisError as error:
            raise QueueError(f"Redis doesn't take products to embed: {type(error).__name__}. Is it up?") from error
        return count

    def take(self, batch: str, count: int, *, suspects: bool = True) -> list[str]:
        """Take products that are due, under a lease.

        Parameters
        ----------
        suspects : bool
            Whether one whose process died may be taken, alone; not where anything else is in hand.
        """
        now = time.time()
        keys = ("waiting", "taken", "batches", "tries")
        taken = self._run("take", keys, batch, now, now + LEASE, count, int(suspects))
        return [product_id.decode() for product_id in taken]

    def is_suspect(self, ids: Sequence[str]) -> bool:
        """Return whether a batch is one product whose process died."""
        return len(ids) == 1 and bool(self._client.hexists(self._keys["tries"], ids[0]))

    @contextmanager
    def lease(self, batch: str) -> Iterator[None]:
        """Renew a batch's lease while the block runs."""
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(_RENEWED):
                try:
                    self._client.zadd(self._keys["taken"], {batch: time.time() + LEASE}, xx=True)
                except redis.RedisError:
                    continue  # it is renewed when Redis is back; if that is too late, another does the batch again

        thread = threading.Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def finish(self, batch: str, again: Iterable[str] = (), after: float = 0) -> dict[str, float]:
        """End a batch; give when the events of those that are done came.

        Parameters
        ----------
        again : iterable of str
            Products that could not be done now.
        after : float
            Seconds until those are due.
        """
        keys = ("waiting", "taken", "batches", "tries", "since")
        rows = self._run("finish", keys, batch, time.time() + after, *again)
        return {rows[i].decode(): float(rows[i + 1]) for i in range(0, len(rows), 2)}

    def put_off(self, ids: Iterable[str]) -> int:
        """Have products tried again whose image could not be had just now; give how many have had all their tries.

        The pauses double: a server that was restarted is asked soon, one that is down for the day is left alone.
        """
        spent = 0
        for product_id in ids:
            times = int(self._client.hincrby(self._keys["put_off"], product_id, 1))
            if times > _IMAGE_TRIES:
                self._client.hdel(self._keys["put_off"], product_id)
                spent += 1
            else:
                due = time.time() + _IMAGE_PAUSE * 2 ** (times - 1) * (0.5 + random.random() / 2)  # noqa: S311 - no secret
                self._client.zadd(self._keys["waiting"], {product_id: due}, lt=True)
        return spent

    def had(self, ids: Sequence[str]) -> None:
        """Note that the images of products could be had."""
        if ids:
            self._client.hdel(self._keys["put_off"], *ids)

    def lost(self, batch: str) -> list[str]:
        """Note that a batch's process died; give the products that have had their tries."""
        keys = ("waiting", "taken", "batches", "tries", "since", "given_up")
        return [i.decode() for i in self._run("lost", keys, batch, time.time(), MAX_TRIES, _PAUSE, _KNOWN)]

    def held(self, task: str) -> list[str]:
        """Name the batches, ``TASK/...``, that were taken and never ended."""
        names: Any = self._client.hkeys(self._keys["batches"])
        return sorted(name.decode() for name in names if name.startswith(f"{task}/".encode()))

    def abandoned(self) -> list[str]:
        """Name the batches whose lease has run out."""
        found: Any = self._client.zrangebyscore(self._keys["taken"], "-inf", time.time())
        return [batch.decode() for batch in found]

    def due(self) -> int:
        """Count the products that could be taken now."""
        return int(self._client.zcount(self._keys["waiting"], "-inf", time.time()))

    def depth(self) -> int:
        """Count the products that wait, due or not."""
        return int(self._client.zcard(self._keys["waiting"]))

    def in_work(self) -> int:
        """Count the batches that are being embedded."""
        return int(self._client.zcard(self._keys["taken"]))

    def _run(self, script: str, keys: Iterable[str], *arguments: object) -> list[bytes]:
        names = [self._keys[key] for key in keys]
        return self._client.register_script(_source(script))(keys=names, args=list(arguments)) or []  # type: ignore[arg-type]


@cache
def _source(name: str) -> str:
    return files("workers.queues").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
