"""Metrics, as Prometheus reads them."""

from unittest.mock import MagicMock

import httpx
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from demo.services.process import free_port
from indexer.errors import SettingsError
from workers import metrics


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> MagicMock:
    index = MagicMock()
    index.counts.return_value = {"done": 3}
    monkeypatch.setattr(metrics, "DeadLetters", lambda _: MagicMock(count=lambda: 0))
    return index


@pytest.fixture
def queues() -> MagicMock:
    queues = MagicMock()
    queues.counters.read.return_value = {
        ("seconds", "search|exact|0.05"): 3.0,
        ("seconds", "search|exact|sum"): 0.12,
        ("seconds", 'search|"}\n|0.05'): 1.0,
    }
    queues.schedule.age.return_value = None
    queues.stalls.read.return_value = {}
    for queue in (queues.events, queues.embedding, queues.tasks):
        queue.depth.return_value = 0
    queues.events.age.return_value = queues.embedding.in_progress.return_value = 0
    return queues


def test_latencies_are_histograms_that_prometheus_reads(index: MagicMock, queues: MagicMock) -> None:
    text = generate_latest(metrics.registry(index, queues)).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = {
        (sample.name.removeprefix("lookalike_search_seconds_"), sample.labels.get("le")): sample.value
        for sample in families["lookalike_search_seconds"].samples
        if sample.labels["strategy"] == "exact"
    }
    assert samples["bucket", "0.025"] == 0
    assert samples["bucket", "0.05"] == samples["bucket", "+Inf"] == samples["count", None] == 3
    assert samples["sum", None] == 0.12


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    # None of them listens: metrics say so.
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    return free_port()


def test_processes_of_a_machine_share_the_port(port: int) -> None:
    servers = [metrics.serve(port), metrics.serve(port)]
    for server in servers:
        assert 'lookalike_up{server="redis"} 0.0' in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
        server.shutdown()
        server.server_close()


def test_a_port_of_another_program_is_named(port: int) -> None:
    import socket

    with socket.create_server(("", port)), pytest.raises(SettingsError, match=f"METRICS_PORT: {port} can't be"):
        metrics.serve(port)
