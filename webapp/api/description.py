"""The API's description (OpenAPI 3.1)."""

from __future__ import annotations

from typing import NoReturn

from flask_openapi3 import Info, OpenAPI, Tag
from flask_openapi3.types import ResponseDict
from pydantic import ValidationError

from es_mappings.rules import Rule
from indexer.relevance.faults import InvalidRuleError
from search.reading import parameter_error
from webapp.errors import Problem

SEARCH, EVENTS, HEALTH = Tag(name="Search"), Tag(name="Events"), Tag(name="Health")


def problems(*statuses: int) -> ResponseDict:
    """Describe the errors of a route in addition to 400, 414, 429 and 503, which every route has."""
    descriptions = {
        400: "A parameter is wrong.",
        401: "The signature is missing or wrong, or you aren't logged in.",
        403: "The request comes from another site's page, or you may not do this.",
        404: "There is no such product or rule.",
        409: "Somebody else changed it meanwhile.",
        413: "The body is too large.",
        415: "The body has an unsupported media type.",
        422: "What it asks for can't be wanted; `faults` names each field.",
        429: "Too many requests; Retry-After says when to continue.",
        503: "A server is down; Retry-After says when to try again.",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    described: ResponseDict = {
        status: {"description": descriptions[status], "content": {"application/problem+json": {"schema": schema}}}
        for status in {400, 429, 503, *statuses}
    }
    # The server's own answer (webapp/server.py): the request never reaches the application.
    too_long = {"description": "The address is too long.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    return described | {414: too_long}


def described_app(name: str) -> OpenAPI:
    """Build an application that describes the routes registered with `register_api`."""
    return OpenAPI(
        name,
        info=Info(title="Lookalike", version="1", description="Visual product search inside Elasticsearch."),
        security_schemes={
            "signature": {
                "type": "apiKey",
                "in": "header",
                "name": "webhook-signature",
                "description": "Sent with webhook-id and webhook-timestamp, according to Standard Webhooks.",
            }
        },
        doc_ui=False,
        static_folder=None,  # webapp/assets.py
        validation_error_status=400,
        validation_error_model=Problem,
        validation_error_callback=_refuse,
    )


def _refuse(error: ValidationError) -> NoReturn:
    if error.title == Rule.__name__:  # several fields of a body may be wrong
        raise InvalidRuleError.of(error)
    raise parameter_error(error)
