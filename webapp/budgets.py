"""How long a request may take, and how many may wait for servers at once, so that the others are still answered."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from threading import BoundedSemaphore

from flask import Flask, abort, g, request

from indexer import deadlines
from indexer.settings import Settings

log = logging.getLogger(__name__)

# Threads of a process that may wait for servers; gunicorn.conf.py gives it 8, the others serve what waits for nothing.
SLOTS = 6
_SLOT_SECONDS = 0.5  # that a request waits for a slot: a burst passes, a queue would only make all of them late
_STAFF_SECONDS = 20.0  # pages for staff say what is away, so they may wait for it
_PHOTO_SECONDS = 15.0  # a worker embeds the photograph first

_STAFF = {"staff", "ops", "lab", "disputes"}
_PHOTOS = {"photo_pages.upload", "api.similar_to_image"}
_FREE = {"static", "health", "pictures"}  # wait for no server, or limit that themselves


def limit(app: Flask, settings: Settings) -> None:
    """Give each request a deadline, and the shop's pages a limited number of threads to wait in."""
    slots = BoundedSemaphore(SLOTS)

    @app.before_request
    def begin() -> None:
        blueprint = request.blueprint or request.endpoint or ""
        if blueprint in _FREE:
            return
        g.budget = stack = ExitStack()
        if blueprint in _STAFF:
            stack.enter_context(deadlines.within(_STAFF_SECONDS))
            return
        seconds = _PHOTO_SECONDS if request.endpoint in _PHOTOS else settings.request_seconds
        stack.enter_context(deadlines.within(seconds))
        if not slots.acquire(timeout=min(_SLOT_SECONDS, seconds)):
            log.warning("%s refused: %d requests wait for servers already", request.path, SLOTS)
            abort(503, "The shop is busy just now. Please try again in a moment.")
        stack.callback(slots.release)

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        stack: ExitStack | None = g.pop("budget", None)
        if stack:
            stack.close()
