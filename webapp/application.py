"""The application factory. Nothing is read or connected until it is called."""

from __future__ import annotations

from flask import Flask

from indexer.settings import Settings
from webapp import access_log, api, budgets, errors, security, staff, storefront, workbench
from webapp.services import Services
from workers.queues.counters import REFUSED, BufferedCounter


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
    for room in (storefront, api, workbench, staff):
        room.register(app)
    access_log.register(app, settings)
    budgets.limit(app, settings, BufferedCounter(opened.queues.counters, REFUSED).count)
    security.protect(app, settings)
    errors.register(app)
    return app
