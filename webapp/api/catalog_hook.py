"""Catalogue events over HTTP, signed as Standard Webhooks describes."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import Counter
from typing import Any

import redis
from flask import Response, abort, current_app, jsonify, request
from flask_openapi3 import APIBlueprint
from standardwebhooks import Webhook, WebhookVerificationError

from indexer.catalog.events import Event, parse_event
from indexer.errors import CatalogError
from indexer.settings import Settings
from webapp.api.description import EVENTS, EventsAnswer, problems
from webapp.errors import problem
from workers.app import WRITE_EVENTS
from workers.errors import QueueError
from workers.queues import calls
from workers.queues.counters import Counters
from workers.queues.event_queue import Entry, EventQueue

blueprint = APIBlueprint("catalog_hook", __name__, url_prefix="/api/catalog", abp_tags=[EVENTS])

log = logging.getLogger(__name__)

MAX_EVENTS = 1_000
_REMEMBERED = 5 * 86_400  # seconds; senders give up sending again before

# Described in outline: each event is parsed by itself, so that one that is wrong stops no other.
_BODY = {
    "type": "object",
    "required": ["events"],
    "properties": {"events": {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": {"type": "object"}}},
}


@blueprint.post(
    "/events",
    security=[{"signature": []}],
    responses={202: EventsAnswer, **problems(401, 413)},
    openapi_extensions={"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}},
)
def events() -> Response | tuple[Response, int]:
    """Queue catalogue events to be written.

    202 says how many events were taken and names each that was not; 400 that none was. An answer of 503 asks for the
    same request again: events may be sent any number of times.
    """
    settings: Settings = current_app.extensions["settings"]
    data, name = _verified(settings), request.headers["webhook-id"]
    received, server = time.time(), current_app.extensions["redis"]
    try:
        first = _first_seen(server, settings.index_name, name, received)
        parsed, errors = _parse(data, round(first * 1_000))
        queue = EventQueue(server, settings.index_name, settings.queue_limit)
        queue.add([Entry(event.model_dump(mode="json"), f"{name}/{place}", received) for place, event in parsed])
    except QueueError as error:
        log.warning("catalogue events put off: %s", error)
        return problem(503, "Service Unavailable", f"{error}. Send the same request again.")
    counters = Counters(server, settings.index_name)
    counters.count("events", "hook", len(parsed))
    counters.count("events_invalid", "", len(errors))
    if errors and not parsed:
        return problem(400, "Bad Request", "No event can be used.", errors=errors)
    # They are queued already: if no worker can be called now, beat calls one.
    calls.call(server, settings.index_name, WRITE_EVENTS)
    return jsonify({"accepted": len(parsed), "errors": errors}), 202


def _first_seen(server: redis.Redis, alias: str, name: str, now: float) -> float:
    """Return when a request was seen first, by its ``webhook-id``.

    Events without a version take that as theirs: one that is sent again is no newer than what came in between.
    """
    key = f"{alias}:seen:{hashlib.sha256(name.encode()).hexdigest()}"
    try:
        server.set(key, now, nx=True, ex=_REMEMBERED)
        return float(server.get(key) or now)
    except redis.RedisError as error:
        raise QueueError(f"Redis doesn't take catalogue events: {type(error).__name__}") from error


def _verified(settings: Settings) -> list[Any]:
    if settings.webhook_secret is None:
        abort(503, "This shop takes no catalogue events: WEBHOOK_SECRET is not set.")
    body = request.get_data()
    try:
        Webhook(settings.webhook_secret.get_secret_value()).verify(body, dict(request.headers))
    except (WebhookVerificationError, UnicodeDecodeError) as error:
        abort(401, f"The request is not signed as it has to be: {error}")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        abort(400, f"The body is not JSON: {error}")
    found = data.get("events") if isinstance(data, dict) else None
    if not isinstance(found, list) or not 0 < len(found) <= MAX_EVENTS:
        abort(400, f"The body must be an object whose events are a list of 1 to {MAX_EVENTS:,}.")
    return found


def _parse(data: list[Any], version: int) -> tuple[list[tuple[int, Event]], list[dict[str, Any]]]:
    parsed: list[tuple[int, Event]] = []
    errors: list[dict[str, Any]] = []
    seen = Counter[str]()
    for place, item in enumerate(data):
        try:
            event = parse_event(item, version=version)
            if event.version == version and seen[event.id]:  # events of one product in one request keep their order
                event = parse_event(item, version=version + seen[event.id])
            seen[event.id] += 1
            parsed.append((place, event))
        except CatalogError as error:
            errors.append({"index": place, "detail": str(error)})
    return parsed, errors
