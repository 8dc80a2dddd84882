"""Answer errors with problem details (RFC 9457) for programs or a page for people, never with a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
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
    TooManyRequests,
)

from indexer.deadlines import DeadlineError
from indexer.errors import IndexStateError, RelevanceError
from indexer.relevance.faults import Fault, InvalidRuleError
from search.errors import ParameterError, is_outage
from search.notices import marked
from webapp.languages import SOURCE, current, gettext
from workers.errors import QueueError
from workers.interactive import EmbeddingServiceError

log = logging.getLogger(__name__)

RETRY_AFTER = "5"  # seconds, in answers with 503
_UNAVAILABLE = marked("Search is not available right now. Please try again in a moment.")
_NO_PHOTOS = marked("Photo search is not available right now. Please try again in a moment.")
# What pages say where Werkzeug would describe an error to programmers.
_DETAILS = {
    404: marked("There is nothing at this address."),
    405: marked("This address doesn't take what was sent to it."),
    413: marked("That is too large to be sent."),
    429: marked("Too many requests came from your address at once. Please wait a moment."),
    500: marked("The shop made a mistake, which has been noted. Please try again."),
    503: _UNAVAILABLE,
}


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


def faulty(faults: Sequence[Fault], status: int) -> Response:
    """Build the answer to a rule with faults, each with its field, and whether the rule may be kept in spite of it."""
    listed = [{"field": fault.field, "text": fault.text, "may_stay": fault.is_doubt} for fault in faults]
    detail = "; ".join(fault.text for fault in faults)
    return problem(status, HTTPStatus(status).phrase, detail, parameter=faults[0].field or "body", faults=listed)


def register(app: Flask) -> None:
    """Register handlers that answer each error in the form that the caller reads."""
    app.register_error_handler(ParameterError, _parameter)
    app.register_error_handler(IndexStateError, _not_ready)
    app.register_error_handler(InvalidRuleError, _invalid_rule)
    app.register_error_handler(RelevanceError, _not_readable)
    app.register_error_handler(EmbeddingServiceError, _no_photos)
    app.register_error_handler(QueueError, _no_queue)
    app.register_error_handler(TransportError, _search_down)
    app.register_error_handler(DeadlineError, _late)
    app.register_error_handler(ApiError, _search_refused)
    app.register_error_handler(BadHost, _host)
    app.register_error_handler(SecurityError, _host)
    app.register_error_handler(UnicodeError, _unreadable_host)
    app.register_error_handler(CSRFError, _form)
    app.register_error_handler(HTTPException, _http)


def _parameter(error: ParameterError) -> Response:
    return _answer(400, "Bad Request", str(error), SOURCE, parameter=error.parameter)


def _not_ready(error: IndexStateError) -> Response:
    return _answer(503, "Service Unavailable", str(error), SOURCE)


def _invalid_rule(error: InvalidRuleError) -> Response:
    return faulty(error.faults, 400)


def _not_readable(error: RelevanceError) -> Response:
    log.error("%s", error)
    return _answer(409, "Conflict", f"{error}.", SOURCE)


def _no_photos(error: EmbeddingServiceError) -> Response:
    log.warning("a photograph was not embedded: %s", error)
    return _answer(503, "Service Unavailable", gettext(_NO_PHOTOS))


def _no_queue(error: QueueError) -> Response:
    log.error("%s", error)
    return _answer(503, "Service Unavailable", f"{error}.", SOURCE)


def _search_down(error: TransportError) -> Response:
    log.error("Elasticsearch is down: %s", error)
    return _answer(503, "Service Unavailable", gettext(_UNAVAILABLE))


def _late(error: DeadlineError) -> Response:
    log.warning("a request was given up: %s", error)
    return _answer(503, "Service Unavailable", gettext(_UNAVAILABLE))


def _search_refused(error: ApiError) -> Response:
    log.error("Elasticsearch refused a request: %s", error)
    if is_outage(error):
        return _answer(503, "Service Unavailable", gettext(_UNAVAILABLE))
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
    return _answer(400, "Bad Request", gettext("This form has expired. Go back, reload the page and send it again."))


def _http(error: HTTPException) -> Response:
    if error.code is None or error.response is not None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    answer = _answer(error.code, error.name, _detail(error))
    # Such as Allow of 405 and Retry-After of 429.
    answer.headers.update({name: value for name, value in error.get_headers() if name != "Content-Type"})
    return answer


def _detail(error: HTTPException) -> str:
    """Return what is wrong: what the view says, or in place of Werkzeug's own words, on pages, ours."""
    is_ours = error.description != type(error).description and not isinstance(error, TooManyRequests)
    if not is_ours and error.code in _DETAILS and (not wants_json() or isinstance(error, NotFound)):
        return gettext(_DETAILS[error.code])
    return error.description or error.name


def wants_json() -> bool:
    """Return whether the caller of this request reads JSON rather than pages."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def _answer(status: int, title: str, detail: str, detail_language: str = "", **more: Any) -> Response:
    """Build an answer; its detail is in the language of the page, unless it says otherwise."""
    if wants_json():
        return problem(status, title, detail, **more)
    page = Response(
        render_template("error.html", status=status, detail=detail, detail_language=detail_language or current()),
        status=status,
    )
    if status == ServiceUnavailable.code:
        page.headers["Retry-After"] = RETRY_AFTER
    return page
