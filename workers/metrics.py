"""Metrics for Prometheus: counts from Redis, queues as they are now, products from Elasticsearch."""

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
from workers.queues.counters import LAG_BUCKETS
from workers.queues.handle import Queues

_COUNTERS = {  # name in Redis: name for Prometheus, help, label
    "events": ("lookalike_events", "Catalogue events taken, by source.", "source"),
    "events_invalid": ("lookalike_events_invalid", "Catalogue events refused because they are not valid.", None),
    "events_written": ("lookalike_events_written", "Catalogue events applied in Elasticsearch.", None),
    "embedded": ("lookalike_embedded", "Products that were embedded; its rate is products a second.", None),
    "images": ("lookalike_images", "Images looked at for these; its rate is images a second.", None),
    "embedding_seconds": ("lookalike_embedding_seconds", "Time spent embedding.", None),
    "failures": ("lookalike_failures", "Failures, by reason.", "reason"),
    "reconciled": ("lookalike_reconciled", "Products queued again by reconciliation.", None),
    "pruned": ("lookalike_pruned", "Documents pruned, by kind.", "kind"),
}
_GAUGES = {
    "drift": ("lookalike_drift", "Products whose vector was missing or old at the last reconciliation."),
    "recall": ("lookalike_recall", "Share of the exact 24 nearest that the approximate search found, last sample."),
}


class ShopMetrics(Collector):
    """All metrics of one shop; a server that is away leaves its metrics out and its `lookalike_up` at 0."""

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
        for name, (shown, text, label) in _COUNTERS.items():
            counter = CounterMetricFamily(shown, text, labels=[label] if label else [])
            values = {which: value for (n, which), value in counts.items() if n == name}
            for which, value in (values or ({} if label else {"": 0.0})).items():
                counter.add_metric([which] if label else [], value)
            yield counter
        for name, (shown, text) in _GAUGES.items():
            if (name, "") in counts:
                yield GaugeMetricFamily(shown, text, value=counts[name, ""])
        yield _lag(counts)
        yield from self._of_queues()

    def _of_queues(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("lookalike_queue_depth", "What waits, by queue.", labels=["queue"])
        events, embedding, tasks = self._queues.events, self._queues.embedding, self._queues.tasks
        depth.add_metric(["events"], events.depth())
        depth.add_metric(["products"], embedding.depth())
        for queue in QUEUES:
            depth.add_metric([f"celery {queue}"], tasks.depth(queue))
        yield depth
        yield GaugeMetricFamily(
            "lookalike_queue_age_seconds", "Age of the oldest event that waits.", value=events.age()
        )
        yield GaugeMetricFamily("lookalike_batches_in_work", "Batches being embedded.", value=embedding.in_progress())

    def _of_elasticsearch(self) -> Iterator[Metric]:
        products = GaugeMetricFamily(
            "lookalike_products", "Products, by what became of their vector.", labels=["status"]
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
    text = "Seconds from an event to its product written with its vector; found one index refresh (1 s) later."
    return HistogramMetricFamily(
        "lookalike_lag_seconds", text, buckets=rows, sum_value=counts.get(("lag_sum", ""), 0.0)
    )


def registry(index: ProductIndex, queues: Queues) -> CollectorRegistry:
    """Return the registry of a shop's metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ShopMetrics(index, queues))
    return registry


def serve(port: int) -> None:
    """Serve the metrics at a port of this worker, in a thread."""
    settings = Settings.from_environment()
    start_http_server(port, registry=registry(ProductIndex.open(settings), Queues.open(settings, PAGE)))
