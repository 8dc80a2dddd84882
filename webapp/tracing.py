"""A span of each request, for OpenTelemetry. It has the route alone: addresses and queries say what somebody likes."""

from __future__ import annotations

from contextlib import ExitStack

from flask import Flask, Response, g, request

from indexer.settings import Settings
from workers.tracing import request_span


def register(app: Flask, settings: Settings) -> None:
    """Make a span of each request, within the trace that a trusted proxy names."""

    @app.before_request
    def begin() -> None:
        route = request.url_rule.rule if request.url_rule else ""
        attributes = {"http.request.method": request.method, "http.route": route}
        # Only a proxy of ours may say to which trace a request belongs.
        names = ("traceparent", "tracestate") if settings.proxies else ()
        carrier = {name: request.headers[name] for name in names if name in request.headers}
        g.trace = stack = ExitStack()
        g.span = stack.enter_context(request_span(f"{request.method} {route}".strip(), attributes, carrier))

    @app.after_request
    def note(response: Response) -> Response:
        if span := g.get("span"):
            span.set_attribute("http.response.status_code", response.status_code)
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        stack: ExitStack | None = g.pop("trace", None)
        if stack:
            stack.close()
