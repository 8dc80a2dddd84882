"""Whether the servers behind the storefront answer, and what there is to measure."""

from __future__ import annotations

from elastic_transport import TransportError
from elasticsearch import ApiError
from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from webapp.api.description import HEALTH, HealthAnswer
from webapp.services import services
from workers import metrics
from workers.errors import RedisUnavailableError

blueprint = APIBlueprint("health", __name__, abp_tags=[HEALTH])


@blueprint.get("/livez", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def livez() -> Response:
    """200 as long as this process answers, whatever the servers behind it do: what doesn't is restarted."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.get("/healthz", responses={200: HealthAnswer, 503: HealthAnswer})
def healthz() -> tuple[Response, int]:
    """200 where all answer; 503 where one doesn't, with its name."""
    states = {"elasticsearch": _elasticsearch(), "redis": _redis()}
    return jsonify(states), 200 if set(states.values()) == {"up"} else 503


@blueprint.get("/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def prometheus() -> Response:
    """Show the metrics of the shop and its workers to Prometheus."""
    registry = metrics.registry(services().index, services().queues)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _elasticsearch() -> str:
    try:
        services().index.within(seconds=2).client.info()
    except (TransportError, ApiError) as error:
        return f"down: {type(error).__name__}"
    return "up"


def _redis() -> str:
    try:
        services().queues.ping()
    except RedisUnavailableError as error:
        return f"down: {type(error.__cause__).__name__}"
    return "up"
