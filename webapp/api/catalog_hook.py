"""Receive catalogue events over HTTP, signed according to Standard Webhooks."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from flask import Response, abort, jsonify, request
from flask_openapi3 import APIBlueprint
from standardwebhooks import Webhook, WebhookVerificationError

from indexer.catalog.currencies import Rates
from indexer.catalog.event_lists import parse_events
from indexer.catalog.values.json_values import loads
from indexer.errors import CatalogError
from indexer.settings import Settings
from webapp.api.description import EVENTS, problems
from webapp.api.models import EventsAnswer
from webapp.errors import problem
from webapp.security import count_request
from webapp.services import services
from workers.app import WRITE_EVENTS
from workers.errors import QueueError
from workers.queues.event_queue import Entry

blueprint = APIBlueprint("catalog_hook", __name__, url_prefix="/api/catalog", abp_tags=[EVENTS])

log = logging.getLogger(__name__)

MAX_EVENTS = 1_000

# Only an outline: each event is parsed separately, so that an invalid one does not block the others.
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

    202 reports how many events were accepted and lists those that were not; 400 means that none was. After 429 and 503
    send the same request again later: repeated events do no harm.
    """
    shop = services()
    data, name, received = _verified(shop.settings), request.headers["webhook-id"], time.time()
    queues, rates = shop.queues, Rates.from_settings(shop.settings)
    try:
        # Events without a version take the time of the first request, so that a repeated request does not override
        # events that arrived in between.
        version = queues.events.first_seen(name, received)
        parsed, errors = parse_events(data, version, rates, shop.mapping)
        entries = [Entry(event.model_dump(mode="json"), f"{name}/{position}", received) for position, event in parsed]
        queues.events.add(entries)
    except QueueError as error:
        log.warning("catalogue events not accepted: %s", error)
        return problem(503, "Service Unavailable", f"{error}. Send the same request again.")
    queues.counters.count("events", "hook", len(parsed))
    queues.counters.count("events_invalid", "", len(errors))
    if errors and not parsed:
        return problem(400, "Bad Request", "No event is valid.", errors=errors)
    queues.tasks.wake(WRITE_EVENTS)  # the events are queued; if this fails, the scheduler wakes a worker later
    return jsonify({"accepted": len(parsed), "errors": errors}), 202


def _verified(settings: Settings) -> list[Any]:
    if not settings.webhook_secrets:
        abort(503, "This shop does not accept catalogue events: WEBHOOK_SECRET is not set.")
    try:
        _verify(settings.webhook_secrets)
    except UnicodeDecodeError:  # the library can't check what it can't decode
        count_request("unsigned")
        abort(400, "The body is not JSON: it is not UTF-8.")
    except (WebhookVerificationError, ValueError) as error:  # ValueError: a malformed signature header
        count_request("unsigned")  # separately, so that no signed request is refused because strangers sent many
        abort(401, f"The request is not signed correctly: {error}")
    count_request("webhook")
    try:
        data = loads(request.get_data())
    except CatalogError as error:
        abort(400, f"The body is {error}")
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list) or not 0 < len(events) <= MAX_EVENTS:
        abort(400, f"The body must be an object whose events are a list of 1 to {MAX_EVENTS:,}.")
    return events


def _verify(secrets: Sequence[str]) -> None:
    """Check the signature; while the secret is being changed, the new and the old one are valid."""
    body, headers = request.get_data(), dict(request.headers)
    *others, last = secrets
    for secret in others:
        with suppress(WebhookVerificationError):
            Webhook(secret).verify(body, headers, json_parse=False)
            return
    Webhook(last).verify(body, headers, json_parse=False)
