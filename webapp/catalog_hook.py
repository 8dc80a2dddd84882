"""Catalogue events over HTTP, signed as Standard Webhooks describes."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, current_app, jsonify, request
from flask_openapi3 import APIBlueprint
from standardwebhooks import Webhook, WebhookVerificationError

from indexer import indices
from indexer.catalog import Delete, Upsert, parse_event
from indexer.errors import CatalogError
from indexer.loading import apply_events
from indexer.settings import Settings
from webapp.description import EVENTS, EventsAnswer, problems
from webapp.errors import problem
from workers.enqueue import QueueError, enqueue_embeddings

blueprint = APIBlueprint("catalog_hook", __name__, url_prefix="/api/catalog", abp_tags=[EVENTS])

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
    """Write products and queue their embeddings.

    202 says how many events were taken and names each that was not; 400 that none was. An answer of 503 asks for the
    same request again: events may be sent any number of times.
    """
    settings: Settings = current_app.extensions["settings"]
    parsed, errors = _parse(_verified(settings))
    client = current_app.extensions["elasticsearch"]
    if parsed:
        indices.ensure_index(client, settings.index_name)
        outcome = apply_events(client, settings.index_name, [event for _, event in parsed])
        places = {_id(event): place for place, event in parsed}
        errors += [{"index": places[i], "detail": why} for i, why in outcome.refused.items()]
        try:
            enqueue_embeddings(outcome.written)
        except QueueError as error:
            return problem(503, "Service Unavailable", str(error))
    accepted = len(parsed) - sum(1 for e in errors if e["index"] in {place for place, _ in parsed})
    if errors and not accepted:
        return problem(400, "Bad Request", "No event can be used.", errors=errors)
    return jsonify({"accepted": accepted, "errors": errors}), 202


def _verified(settings: Settings) -> list[Any]:
    if settings.webhook_secret is None:
        abort(503, "This shop takes no catalogue events: WEBHOOK_SECRET is not set.")
    body = request.get_data()
    try:
        Webhook(settings.webhook_secret.get_secret_value()).verify(body, dict(request.headers))
    except WebhookVerificationError as error:
        abort(401, f"The request is not signed as it has to be: {error}")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        abort(400, f"The body is not JSON: {error}")
    found = data.get("events") if isinstance(data, dict) else None
    if not isinstance(found, list) or not 0 < len(found) <= MAX_EVENTS:
        abort(400, f"The body must be an object whose events are a list of 1 to {MAX_EVENTS:,}.")
    return found


def _parse(data: list[Any]) -> tuple[list[tuple[int, Upsert | Delete]], list[dict[str, Any]]]:
    parsed: list[tuple[int, Upsert | Delete]] = []
    errors: list[dict[str, Any]] = []
    for place, item in enumerate(data):
        try:
            parsed.append((place, parse_event(item)))
        except CatalogError as error:
            errors.append({"index": place, "detail": str(error)})
    return parsed, errors


def _id(event: Upsert | Delete) -> str:
    return event.product.id if isinstance(event, Upsert) else event.id
