"""Sends what shoppers ask and do to the queue, in batches and from a thread of its own: no page waits for it."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workers.app import WRITE_INTERACTIONS
from workers.errors import QueueFullError, RedisUnavailableError
from workers.queues.counters import INTERACTIONS_DROPPED
from workers.queues.handle import Queues

log = logging.getLogger(__name__)

_MOST = 5_000  # messages that a process keeps while Redis is slow: some MB
_BATCH = 500
_SECONDS = 1.0  # between two batches
_LOG_SECONDS = 10.0  # between two lines about dropped messages

Message = Mapping[str, Any]


class QueryLog:
    """Takes messages from requests. What Redis doesn't take, or too slowly, is dropped and counted. Safe for threads.

    Parameters
    ----------
    send : callable
        Queues messages; raises `QueueError` where it can't.
    count : callable
        Takes the numbers of dropped messages by reason, once Redis answers.
    """

    def __init__(self, send: Callable[[Sequence[Message]], None], count: Callable[[Mapping[str, float]], None]) -> None:
        self._send, self._count = send, count
        self._waiting: deque[Message] = deque()
        self._dropped = Counter[str]()
        self._lock, self._sending, self._is_wanted = threading.Lock(), threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._logged = float("-inf")

    @classmethod
    def of(cls, queues: Queues) -> QueryLog:
        """Return a log that sends to a shop's queue, and wakes a worker for it."""

        def send(messages: Sequence[Message]) -> None:
            queues.interactions.add(messages)
            queues.tasks.wake(WRITE_INTERACTIONS)

        def count(dropped: Mapping[str, float]) -> None:
            queues.counters.count_labels(INTERACTIONS_DROPPED, dropped)

        return cls(send, count)

    def put(self, message: Message) -> None:
        """Take a message; returns at once."""
        with self._lock:
            if len(self._waiting) >= _MOST:
                self._dropped["buffer"] += 1
                return
            self._waiting.append(message)
            if self._thread is None:  # with the first message, so after the fork of the process that serves
                self._thread = threading.Thread(target=self._run, name="query-log", daemon=True)
                self._thread.start()
                atexit.register(self.flush)
        self._is_wanted.set()

    def flush(self) -> None:
        """Send what waits, or drop it."""
        with self._sending:
            while batch := self._take():
                self._deliver(batch)

    def _run(self) -> None:
        while True:
            self._is_wanted.wait()
            time.sleep(_SECONDS)  # for others to gather
            self._is_wanted.clear()
            self.flush()

    def _take(self) -> list[Message]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]

    def _deliver(self, batch: Sequence[Message]) -> None:
        try:
            self._send(batch)
        except (QueueFullError, RedisUnavailableError) as error:
            with self._lock:
                self._dropped["full" if isinstance(error, QueueFullError) else "redis"] += len(batch)
            self._say(error)
            return
        with self._lock:
            dropped, self._dropped = self._dropped, Counter()
        if dropped:
            self._count(dropped)

    def _say(self, error: Exception) -> None:
        if time.monotonic() - self._logged >= _LOG_SECONDS:
            self._logged = time.monotonic()
            log.warning("what shoppers did is not recorded: %s", error)
