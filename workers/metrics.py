"""Metrics for Prometheus: counters from Redis, current queues, products from Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterator

from elastic_transport import TransportError
from elasticsearch import ApiError
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.settings import Settings
from workers.app import QUEUES
from workers.errors import RedisUnavailableError
from workers.queues.connection import PAGE
from workers.queues.counters import LAG_BUCKETS, REFUSED, STALE
from workers.queues.handle import Queues

_COUNTERS = {  # name in Redis: name for Prometheus, help, label
    "events": ("lookalike_events", "Catalogue events accepted, by source.", "source"),
    "events_invalid": ("lookalike_events_invalid", "Catalogue events refused because they are invalid.", None),
    "events_ignored": ("lookalike_events_ignored", "Catalogue events older than what is stored.", None),
    "events_written": ("lookalike_events_written", "Catalogue events applied in Elasticsearch.", None),
    "embedded": ("lookalike_embedded", "Products embedded; the rate is products per second.", None),
    "images": ("lookalike_images", "Images processed for them; the rate is images per second.", None),
    "embedding_seconds": ("lookalike_embedding_seconds", "Time spent embedding.", None),
    "failures": ("lookalike_failures", "Failures, by reason.", "reason"),
    "reconciled": ("lookalike_reconciled", "Products queued again by reconciliation.", None),
    REFUSED: ("lookalike_refused", "Requests answered 503 because the shop was busy, by kind.", "kind"),
    STALE: ("lookalike_stale", "Listings and products shown from memory while Elasticsearch did not answer.", "kind"),
    "pruned": ("lookalike_pruned", "Documents pruned, by kind.", "kind"),
}
_GAUGES = {
    "drift": ("lookalike_drift", "Products whose vector was missing or old at the last reconciliation."),
    "recall": ("lookalike_recall", "Share of the exact 24 nearest that the approximate search found, last sample."),
}


class ShopMetrics(Collector):
    """All metrics of one shop. If a server is down, its metrics are left out and its `lookalike_up` is 0."""

    def __init__(self, index: ProductIndex, queues: Queues) -> None:
        self._index, self._queues = index, queues
        self._letters = DeadLetters(index)

    def collect(self) -> Iterator[Metric]:
        """Return the metrics as they are now."""
        up = GaugeMetricFamily("lookalike_up", "Whether a server answers.", labels=["server"])
        for server, read, errors in (
            ("redis", self._of_redis, (RedisUnavailableError,)),
            ("elasticsearch", self._of_elasticsearch, (TransportError, ApiError, IndexStateError)),
        ):
            try:
                metrics = list(read())
            except errors:
                up.add_metric([server], 0)
            else:
                up.add_metric([server], 1)
                yield from metrics
        yield up

    def _of_redis(self) -> Iterator[Metric]:
        counts = self._queues.counters.read()
        for name, (metric, text, label) in _COUNTERS.items():
            counter = CounterMetricFamily(metric, text, labels=[label] if label else [])
            values = {which: value for (n, which), value in counts.items() if n == name}
            for which, value in (values or ({} if label else {"": 0.0})).items():
                counter.add_metric([which] if label else [], value)
            yield counter
        for name, (metric, text) in _GAUGES.items():
            if (name, "") in counts:
                yield GaugeMetricFamily(metric, text, value=counts[name, ""])
        age = self._queues.schedule.age()
        if age is not None:
            text = "Seconds since a periodic task was last sent; if over 60, no worker consumes housekeeping."
            yield GaugeMetricFamily("lookalike_schedule_age_seconds", text, value=age)
        yield _lag(counts)
        stalled = GaugeMetricFamily(
            "lookalike_stalled", "Whether a queue waits for Elasticsearch or Redis; /ops says why.", labels=["queue"]
        )
        reasons = self._queues.stalls.read()
        for queue in ("writing", "embedding"):
            stalled.add_metric([queue], queue in reasons)
        yield stalled
        yield from self._of_queues()

    def _of_queues(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("lookalike_queue_depth", "Items waiting, by queue.", labels=["queue"])
        events, embedding, tasks = self._queues.events, self._queues.embedding, self._queues.tasks
        depth.add_metric(["events"], events.depth())
        depth.add_metric(["products"], embedding.depth())
        for queue in QUEUES:
            depth.add_metric([f"celery {queue}"], tasks.depth(queue))
        yield depth
        yield GaugeMetricFamily("lookalike_queue_age_seconds", "Age of the oldest waiting event.", value=events.age())
        yield GaugeMetricFamily("lookalike_batches_in_work", "Batches being embedded.", value=embedding.in_progress())

    def _of_elasticsearch(self) -> Iterator[Metric]:
        products = GaugeMetricFamily(
            "lookalike_products", "Products, by the status of their vector.", labels=["status"]
        )
        for status, count in self._index.counts().items():
            products.add_metric([status], count)
        yield products
        yield GaugeMetricFamily("lookalike_dead_letters", "Dead letters.", value=self._letters.count())


def _lag(counts: dict[tuple[str, str], float]) -> Metric:
    rows, total = [], 0.0
    for bucket in (*map(str, LAG_BUCKETS), "+Inf"):
        total += counts.get(("lag_bucket", bucket), 0.0)
        rows.append((bucket, total))
    text = "Seconds from an event until its product is written with its vector; searchable one refresh (1 s) later."
    return HistogramMetricFamily(
        "lookalike_lag_seconds", text, buckets=rows, sum_value=counts.get(("lag_sum", ""), 0.0)
    )


def registry(index: ProductIndex, queues: Queues) -> CollectorRegistry:
    """Return a registry with a shop's metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ShopMetrics(index, queues))
    return registry


def serve(port: int) -> None:
    """Serve the metrics on a port of this worker, in a thread."""
    settings = Settings.from_environment()
    start_http_server(port, registry=registry(ProductIndex.open(settings), Queues.open(settings, PAGE)))
