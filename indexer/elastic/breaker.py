"""Requests to Elasticsearch that end in time: each within its deadline, and none to a server that keeps hanging."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from elastic_transport import ConnectionError as ConnectionFailedError
from elastic_transport import ConnectionTimeout, Transport, TransportApiResponse

from indexer import deadlines

FAILURES = 5  # in a row, after which the breaker opens: about one for each thread that waits
PROBE_SECONDS = 1.0  # between two probes of an open breaker: shoppers wait no longer for a server that is back
_LEAST_SECONDS = 0.01  # left of a deadline; with less there is no point in sending anything
_FAIR_SECONDS = 0.25  # that a request must have had before its time-out says anything about the server


class BreakerOpenError(ConnectionFailedError):
    """Elasticsearch didn't answer several times in a row, and hasn't answered a probe since."""


class Breaker:
    """Counts failures in a row; open, it admits one request a second as a probe until one succeeds.

    pybreaker would do this but for its lock, which it holds during the call: one request at a time.
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
        """Count what became of a request that was admitted."""
        with self._lock:
            self._failures = 0 if success else self._failures + 1
            if self._failures == FAILURES:
                self._next_probe = self._clock() + PROBE_SECONDS


class BoundedTransport(Transport):
    """A transport whose requests keep the deadline of what they are made for (`deadlines.within`).

    Without a deadline, as in workers, it is the client's own: patient, with retries.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.breaker = Breaker()

    def perform_request(self, method: str, target: str, **options: Any) -> TransportApiResponse:
        """Send a request, once: again only where a kept connection turned out to be closed.

        Raises
        ------
        ConnectionTimeout
            Elasticsearch didn't answer within what is left of the deadline, or nothing is left.
        BreakerOpenError
            It didn't answer others before.
        """
        if deadlines.left() is None:
            return super().perform_request(method, target, **options)
        self.breaker.admit()
        fair = (deadlines.left() or 0.0) >= _FAIR_SECONDS
        try:
            answer = self._once(method, target, options)
        except ConnectionTimeout:
            if fair:
                self.breaker.record(success=False)
            raise
        except ConnectionFailedError:
            try:
                answer = self._once(method, target, options)
            except (ConnectionTimeout, ConnectionFailedError):
                self.breaker.record(success=False)
                raise
        self.breaker.record(success=True)
        return answer

    def _once(self, method: str, target: str, options: dict[str, Any]) -> TransportApiResponse:
        seconds = deadlines.left() or 0.0
        if seconds < _LEAST_SECONDS:
            raise ConnectionTimeout("the time of the request is used up")
        asked = options.get("request_timeout")
        if isinstance(asked, int | float):
            seconds = min(seconds, asked)
        return super().perform_request(
            method, target, **{**options, "request_timeout": seconds, "max_retries": 0, "retry_on_timeout": False}
        )
