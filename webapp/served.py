"""How many listings each strategy served: counted here, and handed on to Redis every few seconds."""

from __future__ import annotations

import threading
import time
from collections import Counter

from workers.queues.counters import Counters

SERVED = "served"  # what it is counted under
_SECONDS = 2.0


class Served:
    """Counts listings by strategy. A search waits for Redis once in a while at most, and never fails for it."""

    def __init__(self, counters: Counters) -> None:
        self._counters, self._lock = counters, threading.Lock()
        self._counted, self._handed_on = Counter[str](), 0.0

    def count(self, strategy: str) -> None:
        """Count one listing."""
        with self._lock:
            self._counted[strategy] += 1
            if time.monotonic() - self._handed_on < _SECONDS:
                return
            counted, self._counted = self._counted, Counter[str]()
            self._handed_on = time.monotonic()
        for name, by in counted.items():
            self._counters.count(SERVED, name, by)
