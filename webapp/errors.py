"""Answer errors with problem details (RFC 9457) for programs or a page for people, never with a stack trace."""

from __future__ import annotations

import logging
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError
from flask import Flask, Response, json, render_template, request
from flask_wtf.csrf import CSRFError
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import (
    BadHost,
    BadRequest,
    HTTPException,
    InternalServerError,
    NotFound,
    SecurityError,
    ServiceUnavailable,
)

from indexer.deadlines import DeadlineError
from indexer.errors import IndexStateError
from search.errors import ParameterError, is_outage
from workers.photos import PhotoServiceError

log = logging.getLogger(__name__)

RETRY_AFTER = "5"  # seconds, in answers with 503
_UNAVAILABLE = "Search is not available right now. Please try again in a moment."


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    parameter: str | None = Field(None, description="The wrong parameter, if any.")


def problem(status: int, title: str, detail: str, **more: Any) -> Response:
    """Build a problem details answer; `more` are extension members."""
    # Not validated: a detail can quote a request that is not valid Unicode.
    body = Problem.model_construct(title=title, status=status, detail=detail, **more)
    response = Response(status=status, content_type="application/problem+json")
    response.set_data(json.dumps(body.model_dump(exclude_none=True)))
    if status == ServiceUnavailable.code:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def register(app: Flask) -> None:
    """Register handlers that answer each error in the form that the caller reads."""
    app.register_error_handler(ParameterError, _parameter)
    app.register_error_handler(IndexStateError, _not_ready)
    app.register_error_handler(PhotoServiceError, _no_photos)
    app.register_error_handler(TransportError, _search_down)
    app.register_error_handler(DeadlineError, _late)
    app.register_error_handler(ApiError, _search_refused)
    app.register_error_handler(BadHost, _host)
    app.register_error_handler(SecurityError, _host)
    app.register_error_handler(UnicodeError, _unreadable_host)
    app.register_error_handler(CSRFError, _form)
    app.register_error_handler(HTTPException, _http)


def _parameter(error: ParameterError) -> Response:
    return _answer(400, "Bad Request", str(error), parameter=error.parameter)


def _not_ready(error: IndexStateError) -> Response:
    return _answer(503, "Service Unavailable", str(error))


def _no_photos(error: PhotoServiceError) -> Response:
    log.warning("a photograph was not embedded: %s", error)
    return _answer(503, "Service Unavailable", "Photo search is not available right now. Please try again in a moment.")


def _search_down(error: TransportError) -> Response:
    log.error("Elasticsearch is down: %s", error)
    return _answer(503, "Service Unavailable", _UNAVAILABLE)


def _late(error: DeadlineError) -> Response:
    log.warning("a request was given up: %s", error)
    return _answer(503, "Service Unavailable", _UNAVAILABLE)


def _search_refused(error: ApiError) -> Response:
    log.error("Elasticsearch refused a request: %s", error)
    if is_outage(error):
        return _answer(503, "Service Unavailable", _UNAVAILABLE)
    return _http(InternalServerError())


def _host(_: BadRequest) -> Response:
    # Plain text, because the links of a page need a valid host.
    return Response(
        "The shop is not served under this host name; TRUSTED_HOSTS can allow it.\n", 400, mimetype="text/plain"
    )


def _unreadable_host(error: UnicodeError) -> Response:
    """Refuse a host name that is not valid IDNA; any other decoding error is a bug of ours."""
    if "idna" in str(error):
        return _host(BadRequest())
    log.error("text could not be decoded", exc_info=error)
    return _http(InternalServerError())


def _form(error: CSRFError) -> Response:
    log.info("refused a form: %s", error.description)
    return _answer(400, "Bad Request", "This form has expired. Go back, reload the page and send it again.")


def _http(error: HTTPException) -> Response:
    if error.code is None or error.response is not None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    nowhere = isinstance(error, NotFound) and error.description == NotFound.description
    detail = "There is nothing at this address." if nowhere else error.description
    answer = _answer(error.code, error.name, detail or error.name)
    # Such as Allow of 405 and Retry-After of 429.
    answer.headers.update({name: value for name, value in error.get_headers() if name != "Content-Type"})
    return answer


def wants_json() -> bool:
    """Return whether the caller of this request reads JSON rather than pages."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def _answer(status: int, title: str, detail: str, **more: Any) -> Response:
    if wants_json():
        return problem(status, title, detail, **more)
    page = Response(render_template("error.html", status=status, title=title, detail=detail), status=status)
    if status == ServiceUnavailable.code:
        page.headers["Retry-After"] = RETRY_AFTER
    return page
