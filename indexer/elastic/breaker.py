"""A transport that keeps each request within its deadline, and a breaker that spares a server that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from elastic_transport import ConnectionError as ConnectionFailedError
from elastic_transport import ConnectionTimeout, Transport, TransportApiResponse

from indexer import deadlines

FAILURES = 5  # in a row, after which the breaker opens: about one for each waiting thread
PROBE_SECONDS = 1.0  # between probes of an open breaker: once the server is back, shoppers wait no longer than this
_LEAST_SECONDS = 0.01  # of the deadline that must be left for a request to be worth sending
_FAIR_SECONDS = 0.25  # that a request must have before its time-out counts as a failure of the server


class BreakerOpenError(ConnectionFailedError):
    """Elasticsearch timed out several times in a row, and hasn't answered a probe since."""


class Breaker:
    """Counts failures in a row; while open, it admits one request a second as a probe, until one succeeds.

    pybreaker would do, but it holds its lock during the call: one request at a time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._failures, self._next_probe = 0, 0.0

    @property
    def is_open(self) -> bool:
        """Whether requests are refused, but for probes."""
        return self._failures >= FAILURES

    def admit(self) -> None:
        """Admit a request.

        Raises
        ------
        BreakerOpenError
            The breaker is open, and it isn't time for a probe.
        """
        with self._lock:
            if not self.is_open:
                return
            now = self._clock()
            if now < self._next_probe:
                raise BreakerOpenError("Elasticsearch has not answered for a while; it is tried once a second")
            self._next_probe = now + PROBE_SECONDS

    def record(self, *, success: bool) -> None:
        """Count the success or failure of a request that was admitted."""
        with self._lock:
            self._failures = 0 if success else self._failures + 1
            if self._failures == FAILURES:
                self._next_probe = self._clock() + PROBE_SECONDS


class BoundedTransport(Transport):
    """A transport whose requests keep to the deadline that `deadlines.within` has set.

    Without a deadline, as in workers, it waits and retries as the client is configured.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.breaker = Breaker()

    def perform_request(self, method: str, target: str, **options: Any) -> TransportApiResponse:
        """Send a request once, or again if a pooled connection turned out to be closed.

        Raises
        ------
        ConnectionTimeout
            Elasticsearch didn't answer within what is left of the deadline, or nothing is left.
        BreakerOpenError
            It didn't answer earlier requests.
        """
        if deadlines.left() is None:
            return super().perform_request(method, target, **options)
        self.breaker.admit()
        try:
            answer = self._send(method, target, options)
        except ConnectionFailedError:
            try:
                answer = self._send(method, target, options)
            except ConnectionFailedError:
                self.breaker.record(success=False)
                raise
        self.breaker.record(success=True)
        return answer

    def _send(self, method: str, target: str, options: dict[str, Any]) -> TransportApiResponse:
        seconds = deadlines.left() or 0.0
        if seconds < _LEAST_SECONDS:
            raise ConnectionTimeout("the time of the request is used up")
        timeout = options.get("request_timeout")
        if isinstance(timeout, int | float):
            seconds = min(seconds, timeout)
        once = {**options, "request_timeout": seconds, "max_retries": 0, "retry_on_timeout": False}
        try:
            return super().perform_request(method, target, **once)
        except ConnectionTimeout:
            if seconds >= _FAIR_SECONDS:
                self.breaker.record(success=False)
            raise
