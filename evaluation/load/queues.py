"""Watch every queue that a request may wait in while the shop is under load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from evaluation.load.figures import Queued
from workers.app import INTERACTIVE
from workers.errors import RedisUnavailableError
from workers.queues.handle import Queues

_EVERY = 0.5  # seconds
_LISTEN = "0A"  # state of a listening socket in /proc/net/tcp; its rx_queue is the number of connections not accepted
_POOL = "nodes.*.thread_pool.search"


class Watch:
    """Reads the queues every half second, from when it is entered until it is left."""

    def __init__(
        self, in_flight: Callable[[], int], port: int | None, queues: Queues | None, client: Elasticsearch | None
    ) -> None:
        self._in_flight, self._port, self._queues, self._client = in_flight, port, queues, client
        self._readings: list[tuple[int, int | None, int | None, int | None, int | None]] = []

    async def __aenter__(self) -> Watch:
        """Begin to read."""
        self._task = asyncio.create_task(self._read_forever())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading."""
        self._task.cancel()

    @property
    def queued(self) -> Queued:
        """What was read."""
        if not self._readings:
            return Queued()
        in_flight, backlog, interactive, searches, rejected = zip(*self._readings, strict=True)
        counted = [count for count in rejected if count is not None]
        return Queued(
            list(in_flight),
            _most(backlog),
            _most(interactive),
            _most(searches),
            counted[-1] - counted[0] if counted else None,
        )

    async def _read_forever(self) -> None:
        while True:
            in_flight = self._in_flight()
            self._readings.append((in_flight, *await asyncio.to_thread(self._read)))
            await asyncio.sleep(_EVERY)

    def _read(self) -> tuple[int | None, int | None, int | None, int | None]:
        backlog = None if self._port is None else listen_backlog(self._port)
        return (backlog, self._photos(), *self._searches())

    def _photos(self) -> int | None:
        try:
            return self._queues.tasks.depth(INTERACTIVE) if self._queues else None
        except RedisUnavailableError:
            return None

    def _searches(self) -> tuple[int | None, int | None]:
        if not self._client:
            return None, None
        try:
            stats = self._client.nodes.stats(metric="thread_pool", filter_path=_POOL).body
        except (TransportError, ApiError):
            return None, None
        pools = [node["thread_pool"]["search"] for node in stats["nodes"].values()]
        return sum(pool["queue"] for pool in pools), sum(pool["rejected"] for pool in pools)


def _most(readings: tuple[int | None, ...]) -> int | None:
    return max((reading for reading in readings if reading is not None), default=None)


def listen_backlog(port: int, table: Path = Path("/proc/net/tcp")) -> int | None:
    """Return how many connections to a port of this machine wait to be accepted; None where that can't be seen."""
    if not table.is_file():
        return None
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    waiting = [int(row[4].partition(":")[2], 16) for row in rows if row[3] == _LISTEN and _port(row[1]) == port]
    return sum(waiting) if waiting else None


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)
