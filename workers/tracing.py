"""Traces by OpenTelemetry, from page to query to worker, where TRACING is on; otherwise this imports nothing of it.

Elasticsearch's client makes spans of its own, without the bodies of requests. Where spans go is said by the variables
``OTEL_EXPORTER_OTLP_*`` that OpenTelemetry itself reads.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from celery.signals import before_task_publish, task_postrun, task_prerun, worker_process_shutdown

from indexer.errors import SettingsError
from indexer.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

_TASK = "_tracing"  # attribute of a task's request: what ends its span


def start(settings: Settings, service: str) -> bool:
    """Start to trace this process if TRACING is on, and return whether it is.

    Parameters
    ----------
    service : str
        What the process is called in traces.

    Raises
    ------
    SettingsError
        TRACING is on, and OpenTelemetry isn't installed.
    """
    if not settings.tracing:
        return False
    if not find_spec("opentelemetry") or not find_spec("opentelemetry.sdk"):
        raise SettingsError("TRACING: OpenTelemetry isn't installed: pip install -r requirements-tracing.txt")
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    follow_tasks(provider)
    return True


def follow_tasks(provider: TracerProvider) -> None:
    """Send the trace along with each task, and make a span of each that runs here."""
    # Signals keep no reference to what they call.
    before_task_publish.connect(_inject, weak=False)
    task_prerun.connect(_begin, weak=False)
    task_postrun.connect(_end, weak=False)
    worker_process_shutdown.connect(lambda **_: provider.shutdown(), weak=False)


def request_span(name: str, attributes: dict[str, str], carrier: dict[str, str]) -> AbstractContextManager[Span]:
    """Return a span of a request, to be entered.

    Parameters
    ----------
    carrier : dict
        Headers that name the trace the request belongs to; empty where they aren't trusted.
    """
    from opentelemetry import propagate, trace

    return trace.get_tracer("lookalike").start_as_current_span(
        name, propagate.extract(carrier), trace.SpanKind.SERVER, attributes
    )


def _inject(headers: dict[str, Any], **_: Any) -> None:
    from opentelemetry import propagate

    propagate.inject(headers)


def _begin(task: Any, **_: Any) -> None:
    from opentelemetry import propagate, trace

    # What is in Redis isn't trusted to be what we wrote.
    names = {name: getattr(task.request, name, None) for name in propagate.get_global_textmap().fields}
    context = propagate.extract({name: value for name, value in names.items() if isinstance(value, str)})
    stack = ExitStack()
    tracer = trace.get_tracer("lookalike")
    stack.enter_context(tracer.start_as_current_span(task.name, context, trace.SpanKind.CONSUMER))
    setattr(task.request, _TASK, stack)


def _end(task: Any, state: str | None = None, **_: Any) -> None:
    from opentelemetry import trace

    if stack := getattr(task.request, _TASK, None):
        if state == "FAILURE":
            trace.get_current_span().set_status(trace.StatusCode.ERROR)
        stack.close()
