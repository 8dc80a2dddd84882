"""Metrics for Prometheus: counters from Redis, current queues, products from Elasticsearch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from elastic_transport import TransportError
from elasticsearch import ApiError
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError, SettingsError
from indexer.settings import Settings
from workers.app import QUEUES
from workers.errors import RedisUnavailableError
from workers.queues.connection import PAGE
from workers.queues.counters import INTERACTIONS, INTERACTIONS_DROPPED, LAG_BUCKETS, REFUSED, STALE
from workers.queues.handle import Queues
from workers.queues.latencies import HISTOGRAMS, Histogram, distributions

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
    INTERACTIONS: ("lookalike_interactions", "Messages on what shoppers asked and did that were written.", None),
    INTERACTIONS_DROPPED: ("lookalike_interactions_dropped", "Messages on what shoppers did that were lost.", "reason"),
    "pruned": ("lookalike_pruned", "Documents pruned, by kind.", "kind"),
}
_GAUGES = {
    "drift": ("lookalike_drift", "Products whose vector was missing or old at the last reconciliation."),
    "recall": ("lookalike_recall", "Share of the exact 24 nearest that the approximate search found, last sample."),
    "search_width": (
        "lookalike_search_width",
        "Times as many candidates as at first that kNN considers.",
    ),
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
        yield from (_histogram(counts, histogram) for histogram in HISTOGRAMS)
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
        depth.add_metric(["interactions"], self._queues.interactions.depth())
        for queue in QUEUES:
            depth.add_metric([f"celery {queue}"], tasks.depth(queue))
        yield depth
        text = "Seconds since the oldest waiting event was received."
        yield GaugeMetricFamily("lookalike_queue_age_seconds", text, value=events.age())
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


def _histogram(counts: Mapping[tuple[str, str], float], histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(f"lookalike_{histogram.name}_seconds", histogram.text, labels=histogram.labels)
    for labels, (rows, total) in distributions(counts, histogram).items():
        family.add_metric(labels, buckets=rows, sum_value=total)
    return family


def registry(index: ProductIndex, queues: Queues) -> CollectorRegistry:
    """Return a registry with a shop's metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ShopMetrics(index, queues))
    return registry


class _Server(ThreadingMixIn, WSGIServer):
    allow_reuse_port = True  # the processes of a machine share the port: each shows the counts of all
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Log no request: Prometheus asks every few seconds."""


def serve(port: int) -> WSGIServer:
    """Serve the metrics on a port of this process, in a thread.

    Raises
    ------
    SettingsError
        Another program has the port.
    """
    settings = Settings.from_environment()
    shop = registry(ProductIndex.open(settings), Queues.open(settings, PAGE))
    try:
        server = make_server("", port, make_wsgi_app(shop), _Server, _Quiet)
    except OSError as error:
        raise SettingsError(f"METRICS_PORT: {port} can't be listened on: {error}") from error
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
