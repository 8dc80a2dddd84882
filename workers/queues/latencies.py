"""How long things take: histograms of all processes, kept in Redis beside the counts."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from workers.queues.counters import BufferedCounter, Counters

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_NAME = "seconds"  # of all these counts

Observe = Callable[..., None]  # seconds, then the values of a histogram's labels


@dataclass(frozen=True)
class Histogram:
    """A distribution of seconds, by labels."""

    name: str
    text: str
    labels: tuple[str, ...] = ()


PAGES = Histogram("page", "Seconds until a request was answered, by kind and class of status.", ("kind", "status"))
SEARCHES = Histogram("search", "Seconds until a listing was read, by the strategy that served it.", ("strategy",))
PHOTOS = Histogram("photo", "Seconds until a shopper's photograph had its vector, or hadn't.", ("outcome",))
ELASTICSEARCH = Histogram("elasticsearch", "Seconds until Elasticsearch answered, by operation.", ("operation",))
REDIS = Histogram("redis", "Seconds until Redis answered a command, or a pipeline of commands.")
HISTOGRAMS = (PAGES, SEARCHES, PHOTOS, ELASTICSEARCH, REDIS)

# Of one set of labels: how many were at most as long as each bucket says, and the sum of all.
Distribution = tuple[list[tuple[str, float]], float]


class Latencies:
    """Counts durations; few requests wait for Redis.

    Parameters
    ----------
    counters : Counters
        Of a connection that isn't measured itself.
    """

    def __init__(self, counters: Counters) -> None:
        self._counter = BufferedCounter(partial(counters.count_labels, _NAME))

    def observe(self, histogram: Histogram, seconds: float, *labels: str) -> None:
        """Count one duration under the values of the histogram's labels."""
        place = bisect_left(BUCKETS, seconds)
        bucket = str(BUCKETS[place]) if place < len(BUCKETS) else "+Inf"
        prefix = "|".join((histogram.name, *labels))
        self._counter.add({f"{prefix}|{bucket}": 1, f"{prefix}|sum": seconds})

    @contextmanager
    def measured(self, histogram: Histogram, *labels: str) -> Iterator[None]:
        """Count how long a block takes, even if it fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(histogram, time.perf_counter() - began, *labels)


def distributions(counts: Mapping[tuple[str, str], float], histogram: Histogram) -> dict[tuple[str, ...], Distribution]:
    """Read a histogram from all counts, by the values of its labels; what isn't one of ours is left out."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for (name, label), value in counts.items():
        parts = label.split("|")
        if name == _NAME and parts[0] == histogram.name and len(parts) == len(histogram.labels) + 2:
            found.setdefault(tuple(parts[1:-1]), {})[parts[-1]] = value
    return {labels: _cumulative(values) for labels, values in sorted(found.items())}


def _cumulative(values: Mapping[str, float]) -> Distribution:
    rows, total = [], 0.0
    for bucket in (*map(str, BUCKETS), "+Inf"):
        total += values.get(bucket, 0.0)
        rows.append((bucket, total))
    return rows, values.get("sum", 0.0)
