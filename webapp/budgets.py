"""Limit how long a request may take, and how many of a kind a process works on, so that no kind starves another."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock

from flask import Flask, Response, g, render_template, request

from indexer import deadlines
from indexer.settings import Settings
from search.notices import marked
from webapp import languages
from webapp.errors import RETRY_AFTER, problem, wants_json

log = logging.getLogger(__name__)

_RENDERING = 0.1  # share of a request's time that is left when its calls have used up theirs
_WAIT_SHARE = 0.25  # of its time, for a turn: enough for a burst, while a longer queue would only delay every request
_PAGES = 50  # kept for refused requests: a proxy may send any prefix
_LOG_SECONDS = 10.0  # between two lines about refused requests: under overload there are hundreds a second
_BUSY = marked("The shop is busy right now. Please try again in a moment.")


@dataclass(frozen=True)
class Capacity:
    """How many requests of a kind a process works on at once, and how many more may wait for their turn."""

    at_once: int
    waiting: int


# Threads of a process, by kind of request; gunicorn.conf.py has more of them, for requests that don't wait for servers.
# Pages are limited by what two cores do: more at once would only make each slower.
CAPACITIES = {
    "pages": Capacity(5, 4),
    "photos": Capacity(4, 0),
    "pictures": Capacity(4, 20),  # a browser asks for all pictures of a page at once over HTTP/2
    "suggestions": Capacity(2, 2),
    "staff": Capacity(3, 2),
    "events": Capacity(2, 2),
    "probes": Capacity(2, 2),
}
TEXTS = Capacity(3, 0)  # pages that wait for a worker to embed their words; more go without
_SECONDS = {
    "photos": 15.0,  # a worker embeds the photograph first
    "staff": 20.0,  # staff pages report which server is down, so they may wait for it
}
_STAFF = (
    "staff",
    "ops",
    "lab",
    "query_lab",
    "disputes",
    "placeholders",
    "relevance",
    "compare",
    "queries",
    "experiments",
    "rules",
    "rules_api",
    "synonyms",
)
_KINDS = {
    "pictures": "pictures",
    "catalog_hook": "events",
    "health": "probes",
} | dict.fromkeys(_STAFF, "staff")
_ENDPOINTS = {  # whose kind is another than that of their blueprint
    "photo_pages.upload": "photos",
    "api.similar_to_image": "photos",
    "api.suggest": "suggestions",
    "loading.progress": "suggestions",
}
FREE = {"static", "health.livez"}  # endpoints that do not wait for servers


class Bulkhead:
    """Admits requests of one kind up to its capacity."""

    def __init__(self, capacity: Capacity) -> None:
        self._turns = BoundedSemaphore(capacity.at_once)
        self._places = BoundedSemaphore(capacity.at_once + capacity.waiting)

    def enter(self, seconds: float) -> bool:
        """Wait for a turn, and return whether there is one; at once if enough others wait already."""
        if not self._places.acquire(blocking=False):
            return False
        if not self._turns.acquire(timeout=seconds):
            self._places.release()
            return False
        return True

    def leave(self) -> None:
        """End a turn."""
        self._turns.release()
        self._places.release()


def limit(app: Flask, settings: Settings, refused: Callable[[str], None]) -> None:
    """Set a deadline for each request, and refuse it at once while its kind is at capacity.

    Parameters
    ----------
    refused : callable
        Called with the kind of each refused request, to count it.
    """
    bulkheads = {kind: Bulkhead(capacity) for kind, capacity in CAPACITIES.items()}
    refusals = _Refusals(refused)

    @app.before_request
    def begin() -> Response | None:
        if request.endpoint in FREE:
            return None
        g.budget = stack = ExitStack()
        kind = kind_of(request.blueprint, request.endpoint)
        seconds = _SECONDS.get(kind, settings.request_seconds)
        stack.enter_context(deadlines.within((1 - _RENDERING) * seconds))
        if not bulkheads[kind].enter(_WAIT_SHARE * seconds):
            return refusals.answer(kind)
        stack.callback(bulkheads[kind].leave)
        return None

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        stack: ExitStack | None = g.pop("budget", None)
        if stack:
            stack.close()


def kind_of(blueprint: str | None, endpoint: str | None) -> str:
    """Return the kind of a request, a key of `CAPACITIES`."""
    return _ENDPOINTS.get(endpoint or "") or _KINDS.get(blueprint or "", "pages")


class _Refusals:
    """Answers refused requests as cheaply as possible: what a refusal costs is lost to those that are served."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count, self._lock = count, Lock()
        self._pages: dict[tuple[str, str, bool], str] = {}  # by prefix of links, language, and whether it is a page
        self._unlogged, self._logged_at = 0, 0.0

    def answer(self, kind: str) -> Response:
        """Return a 503."""
        self._count(kind)
        self._log(kind)
        if wants_json():
            return problem(503, "Service Unavailable", _BUSY)
        page = self._pages.get(key := (request.script_root, languages.current(), request.method == "GET"))
        if not page:
            page = render_template("busy.html", detail=languages.gettext(_BUSY))
            self._pages = {key: page} if len(self._pages) >= _PAGES else {**self._pages, key: page}
        return Response(page, 503, {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"})

    def _log(self, kind: str) -> None:
        with self._lock:
            self._unlogged += 1
            if time.monotonic() - self._logged_at < _LOG_SECONDS:
                return
            refused, self._unlogged, self._logged_at = self._unlogged, 0, time.monotonic()
        log.warning("refused %d requests, the last of kind %s: the shop is busy", refused, kind)
