"""Catalogue events over HTTP, signed as Standard Webhooks describes."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from typing import Any

from flask import Response, abort, jsonify, request
from flask_openapi3 import APIBlueprint
from standardwebhooks import Webhook, WebhookVerificationError

from indexer.catalog.events import Event, parse_event
from indexer.errors import CatalogError
from indexer.settings import Settings
from webapp.api.description import EVENTS, EventsAnswer, problems
from webapp.errors import problem
from webapp.services import services
from workers.app import WRITE_EVENTS
from workers.errors import QueueError
from workers.queues.event_queue import Entry

blueprint = APIBlueprint("catalog_hook", __name__, url_prefix="/api/catalog", abp_tags=[EVENTS])

log = logging.getLogger(__name__)

MAX_EVENTS = 1_000

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
    queues = services().queues
    data, name, received = _verified(services().settings), request.headers["webhook-id"], time.time()
    try:
        # Events without a version take the time of the first request as theirs: one that is sent again is no newer
        # than what came in between.
        version = round(queues.events.first_seen(name, received) * 1_000)
        parsed, errors = _parse(data, version)
        entries = [Entry(event.model_dump(mode="json"), f"{name}/{place}", received) for place, event in parsed]
        queues.events.add(entries)
    except QueueError as error:
        log.warning("catalogue events not taken: %s", error)
        return problem(503, "Service Unavailable", f"{error}. Send the same request again.")
    queues.counters.count("events", "hook", len(parsed))
    queues.counters.count("events_invalid", "", len(errors))
    if errors and not parsed:
        return problem(400, "Bad Request", "No event can be used.", errors=errors)
    queues.tasks.wake(WRITE_EVENTS)  # the events are queued: if no worker can be woken now, beat wakes one
    return jsonify({"accepted": len(parsed), "errors": errors}), 202


def _verified(settings: Settings) -> list[Any]:
    if settings.webhook_secret is None:
        abort(503, "This shop takes no catalogue events: WEBHOOK_SECRET is not set.")
    try:
        data = Webhook(settings.webhook_secret.get_secret_value()).verify(request.get_data(), dict(request.headers))
    except (json.JSONDecodeError, RecursionError) as error:  # read once the signature is right
        abort(400, f"The body is not JSON: {error}")
    except (WebhookVerificationError, ValueError) as error:  # ValueError: the header isn't in the form of a signature
        abort(401, f"The request is not signed as it has to be: {error}")
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list) or not 0 < len(events) <= MAX_EVENTS:
        abort(400, f"The body must be an object whose events are a list of 1 to {MAX_EVENTS:,}.")
    return events


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
