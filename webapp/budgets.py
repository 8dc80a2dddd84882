"""Limit how long a request may take and how many may wait for servers at once, so that others are still served."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from threading import BoundedSemaphore

from flask import Flask, abort, g, request

from indexer import deadlines
from indexer.settings import Settings

log = logging.getLogger(__name__)

# Threads per process that may wait for servers, of the 8 in gunicorn.conf.py; the rest serve requests that don't wait.
SLOTS = 5
_SLOT_SECONDS = 0.5  # to wait for a slot: long enough for a burst, while a longer queue would only delay every request
_STAFF_SECONDS = 20.0  # staff pages report which server is down, so they may wait for it
_PHOTO_SECONDS = 15.0  # a worker embeds the photograph first

_STAFF = {"staff", "ops", "lab", "disputes"}
_PHOTOS = {"photo_pages.upload", "api.similar_to_image"}
_FREE = {"static", "health.livez"}  # endpoints that do not wait for servers
_WITHOUT_SLOT = {"pictures", "health"}  # take few threads by themselves: thumbnails.AT_ONCE, a probe every few seconds


def limit(app: Flask, settings: Settings) -> None:
    """Set a deadline for each request, and limit the threads in which the shop's pages wait for servers."""
    slots = BoundedSemaphore(SLOTS)

    @app.before_request
    def begin() -> None:
        blueprint, endpoint = request.blueprint, request.endpoint
        if endpoint in _FREE:
            return
        g.budget = stack = ExitStack()
        if blueprint in _STAFF:
            stack.enter_context(deadlines.within(_STAFF_SECONDS))
            return
        seconds = _PHOTO_SECONDS if endpoint in _PHOTOS else settings.request_seconds
        stack.enter_context(deadlines.within(seconds))
        if blueprint in _WITHOUT_SLOT:
            return
        if not slots.acquire(timeout=min(_SLOT_SECONDS, seconds)):
            log.warning("%s refused: %d requests wait for servers already", request.path, SLOTS)
            abort(503, "The shop is busy right now. Please try again in a moment.")
        stack.callback(slots.release)

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        stack: ExitStack | None = g.pop("budget", None)
        if stack:
            stack.close()
