"""Metrics for Prometheus: counts from Redis, queues as they are now, products from Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterator

import redis
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from indexer.elastic import indices
from indexer.elastic.dead_letters import DeadLetters
from indexer.errors import IndexStateError
from indexer.settings import Settings
from workers.app import EMBEDDING, HOUSEKEEPING, INTERACTIVE, WRITING
from workers.queues.counters import LAG_BUCKETS, Counters
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import EventQueue

_COUNTERS = {  # name in Redis: name for Prometheus, help, label
    "events": ("lookalike_events", "Catalogue events taken, by door.", "door"),
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

    def __init__(self, settings: Settings, client: Elasticsearch, server: redis.Redis) -> None:
        self._client, self._server, self._alias = client, server, settings.index_name
        self._counters = Counters(server, self._alias)
        self._events = EventQueue(server, self._alias, settings.queue_limit)
        self._embedding = EmbeddingQueue(server, self._alias)
        self._letters = DeadLetters(client, self._alias)

    def collect(self) -> Iterator[Metric]:
        """Return the metrics as they are now."""
        up = GaugeMetricFamily("lookalike_up", "Whether a server answers.", labels=["server"])
        for server, read, errors in (
            ("redis", self._of_redis, (redis.RedisError,)),
            ("elasticsearch", self._of_elasticsearch, (TransportError, ApiError, IndexStateError)),
        ):
            try:
                found = list(read())
            except errors:
                up.add_metric([server], 0)
            else:
                up.add_metric([server], 1)
                yield from found
        yield up

    def _of_redis(self) -> Iterator[Metric]:
        held = self._counters.read()
        for name, (shown, text, label) in _COUNTERS.items():
            counter = CounterMetricFamily(shown, text, labels=[label] if label else [])
            values = {which: value for (n, which), value in held.items() if n == name}
            for which, value in (values or ({} if label else {"": 0.0})).items():
                counter.add_metric([which] if label else [], value)
            yield counter
        for name, (shown, text) in _GAUGES.items():
            if (name, "") in held:
                yield GaugeMetricFamily(shown, text, value=held[name, ""])
        yield _lag(held)
        yield from self._queues()

    def _queues(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("lookalike_queue_depth", "What waits, by queue.", labels=["queue"])
        depth.add_metric(["events"], self._events.depth())
        depth.add_metric(["products"], self._embedding.depth())
        for queue in (EMBEDDING, INTERACTIVE, WRITING, HOUSEKEEPING):
            depth.add_metric([f"celery {queue}"], int(self._server.llen(queue)))
        yield depth
        yield GaugeMetricFamily(
            "lookalike_queue_age_seconds", "Age of the oldest event that waits.", value=self._events.age()
        )
        yield GaugeMetricFamily("lookalike_batches_in_work", "Batches being embedded.", value=self._embedding.in_work())

    def _of_elasticsearch(self) -> Iterator[Metric]:
        products = GaugeMetricFamily(
            "lookalike_products", "Products, by what became of their vector.", labels=["status"]
        )
        for status, count in indices.counts(self._client, self._alias).items():
            products.add_metric([status], count)
        yield products
        yield GaugeMetricFamily("lookalike_dead_letters", "Dead letters.", value=self._letters.count())


def _lag(held: dict[tuple[str, str], float]) -> Metric:
    rows, total = [], 0.0
    for bucket in (*map(str, LAG_BUCKETS), "+Inf"):
        total += held.get(("lag_bucket", bucket), 0.0)
        rows.append((bucket, total))
    text = "Seconds from an event to its product written with its vector; found one index refresh (1 s) later."
    return HistogramMetricFamily("lookalike_lag_seconds", text, buckets=rows, sum_value=held.get(("lag_sum", ""), 0.0))


def registry(settings: Settings, client: Elasticsearch, server: redis.Redis) -> CollectorRegistry:
    """Make the registry of a shop's metrics."""
    made = CollectorRegistry(auto_describe=False)
    made.register(ShopMetrics(settings, client, server))
    return made


def serve(port: int) -> None:
    """Serve the metrics at a port of this worker, in a thread."""
    from indexer.elastic.client import connect

    settings = Settings.from_environment()
    server = redis.Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    start_http_server(port, registry=registry(settings, connect(settings), server))
