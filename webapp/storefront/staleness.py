"""Mark pages and answers that show what was read earlier, because Elasticsearch doesn't answer now."""

from __future__ import annotations

from flask import Flask, Response

from webapp.languages import gettext, ngettext
from webapp.services.resilience import stale_seconds

_MARKED = {"text/html", "application/json"}  # not pictures: the address of one names its version


def register(app: Flask) -> None:
    """Register `stale_age` for templates, and the headers of stale answers."""
    app.context_processor(lambda: {"stale_age": stale_age})
    app.after_request(_mark)


def stale_age() -> str:
    """Return how old what the page shows is, such as ``3 minutes``; empty if it was read just now."""
    seconds = stale_seconds()
    if seconds is None:
        return ""
    minutes = seconds // 60
    return ngettext("a minute", "%(num)s minutes", minutes) if minutes else gettext("less than a minute")


def _mark(response: Response) -> Response:
    seconds = stale_seconds()
    if seconds is not None and response.mimetype in _MARKED:
        response.headers["Age"] = str(seconds)
        response.headers["Cache-Control"] = "no-store"  # the next one may be current
    return response
