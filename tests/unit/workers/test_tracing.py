"""Traces from page to worker."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from celery.signals import before_task_publish, task_postrun, task_prerun
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from indexer.errors import SettingsError
from indexer.settings import Settings
from webapp import create_app
from workers import tracing

SETTINGS = Settings(redis_url="redis://127.0.0.1:9/0", elasticsearch_url="http://127.0.0.1:9", tracing=True)


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    # A process has one provider, for good; without a span nothing is left of it.
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    monkeypatch.setattr(tracing, "start", lambda *_: True)
    tracing.follow_tasks(provider)
    exporter.clear()
    yield exporter
    before_task_publish.disconnect(tracing._inject)
    task_prerun.disconnect(tracing._begin)
    task_postrun.disconnect(tracing._end)


def test_a_page_and_its_queries_are_one_trace_without_what_the_shopper_asked(spans: InMemorySpanExporter) -> None:
    client = create_app(SETTINGS).test_client()
    assert client.get("/api/search?q=secret-wish&like=secret-like").status_code == 503
    by_name = {span.name: span for span in spans.get_finished_spans()}
    page = by_name["GET /api/search"]
    assert page.attributes is not None
    assert page.attributes["http.response.status_code"] == 503
    queries = [span for name, span in by_name.items() if not name.startswith("GET")]
    assert queries
    assert {span.parent.span_id for span in queries if span.parent} == {page.context.span_id}
    assert "secret" not in "".join(span.to_json() for span in by_name.values())


def test_only_a_trusted_proxy_names_the_trace(spans: InMemorySpanExporter) -> None:
    headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    for proxies in (0, 1):
        create_app(SETTINGS.model_copy(update={"proxies": proxies})).test_client().get("/livez", headers=headers)
    strangers, trusted = (span for span in spans.get_finished_spans() if span.name == "GET /livez")
    assert strangers.parent is None
    assert trusted.parent is not None
    assert trusted.parent.trace_id == int("a" * 32, 16)


def test_a_task_belongs_to_the_page_that_sent_it(spans: InMemorySpanExporter) -> None:
    app = Celery("traced", broker="memory://", backend="cache+memory://", set_as_current=False)

    @app.task(name="traced.fails", shared=False)  # in no other app of this process
    def fails() -> None:
        raise ValueError("no")

    with (
        start_worker(app, perform_ping_check=False, shutdown_timeout=60),
        tracing.request_span("POST /photo", {}, {}) as page,
    ):
        with pytest.raises(ValueError, match="no"):
            fails.delay().get(timeout=60)
        app.send_task("traced.fails", headers={"traceparent": "garbage"})
    task = next(span for span in spans.get_finished_spans() if span.name == "traced.fails")
    assert task.parent is not None
    assert task.parent.span_id == page.get_span_context().span_id
    assert not task.status.is_ok


def test_nothing_that_traces_is_imported_when_it_is_off() -> None:
    # redis-py and Elasticsearch's client import what they find of OpenTelemetry; nothing of that records or sends.
    code = (
        "import sys, workers.tasks; from indexer.settings import Settings; from webapp import create_app\n"
        "create_app(Settings(redis_url='redis://127.0.0.1:9/0'))\n"
        "sys.exit(any(name.startswith(('opentelemetry.sdk.trace', 'opentelemetry.exporter')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_requirement_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"pip install -r requirements-tracing\.txt"):
        tracing.start(SETTINGS, "test")
