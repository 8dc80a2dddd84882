"""Health checks of the shop and its servers, and metrics for Prometheus."""

from __future__ import annotations

from elastic_transport import TransportError
from elasticsearch import ApiError
from flask import Response, abort, jsonify
from flask_openapi3 import APIBlueprint
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from webapp.api.description import HEALTH
from webapp.api.models import HealthAnswer
from webapp.services import services
from workers import metrics
from workers.errors import RedisUnavailableError

blueprint = APIBlueprint("health", __name__, abp_tags=[HEALTH])


@blueprint.get("/livez", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def livez() -> Response:
    """Return 200 as long as this process answers, even if its servers are down; otherwise it is restarted."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.get("/healthz", responses={200: HealthAnswer, 503: HealthAnswer})
def healthz() -> tuple[Response, int]:
    """Return 200 if all servers answer, else 503 with the state of each."""
    states = {"elasticsearch": _elasticsearch(), "redis": _redis()}
    return jsonify(states), 200 if set(states.values()) == {"up"} else 503


@blueprint.get("/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def prometheus() -> Response:
    """Return the metrics of the shop and its workers for Prometheus, unless they have a port of their own."""
    if services().settings.metrics_port:
        abort(404, "Metrics are on a port of their own, METRICS_PORT.")
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
