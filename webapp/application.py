"""The application factory. Nothing is read or connected until it is called."""

from __future__ import annotations

from functools import partial

from flask import Flask, request

from indexer.settings import Settings
from webapp import (
    access_log,
    api,
    assets,
    budgets,
    cross_origin,
    errors,
    languages,
    security,
    staff,
    storefront,
    workbench,
)
from webapp import tracing as request_traces
from webapp.services import Services
from workers import tracing
from workers.queues.counters import REFUSED, BufferedCounter
from workers.queues.latencies import PAGES, Latencies


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application.

    Parameters
    ----------
    settings : Settings, optional
        Read from the environment by default.

    Raises
    ------
    SettingsError
        A setting is invalid.
    """
    settings = settings or Settings.from_environment()
    app = api.described_app(__name__)
    security.sign_cookies(app, settings)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    opened = Services.open(settings, app.config["SECRET_KEY"])
    opened.register(app)
    if tracing.start(settings, "lookalike-web"):
        request_traces.register(app, settings)
    languages.register(app, settings)
    storefront.register(app, settings)
    for room in (api, workbench, staff):
        room.register(app)
    assets.register(app)
    assets.compress(app)
    access_log.register(app, settings, partial(_observe, opened.queues.latencies))
    budgets.limit(app, settings, BufferedCounter(partial(opened.queues.counters.count_labels, REFUSED)).count)
    security.protect(app, settings)
    cross_origin.register(app, settings)
    errors.register(app)
    return app


def _observe(latencies: Latencies, seconds: float, status: int) -> None:
    """Count how long a request took, unless it waited for no server."""
    if request.endpoint not in budgets.FREE:
        kind = budgets.kind_of(request.blueprint, request.endpoint)
        latencies.observe(PAGES, seconds, kind, f"{status // 100}xx")
