from types import SimpleNamespace
from typing import cast

import pytest
from elastic_transport import ApiResponseMeta
from elasticsearch import ApiError
from flask import Flask
from flask.testing import FlaskClient

from indexer.settings import Settings
from webapp import create_app
from webapp.errors import Problem, problem, register


def test_a_problem_is_what_the_description_says() -> None:
    with Flask("test").test_request_context():
        answer = problem(400, "Bad Request", "size: too large", parameter="size", errors=["a"])
    body = answer.get_json(force=True)
    assert (
        body
        | {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "size: too large",
            "parameter": "size",
            "errors": ["a"],
        }
        == body
    )
    assert Problem.model_validate(body).parameter == "size"


def test_what_is_not_set_is_left_out_and_what_is_no_unicode_is_quoted() -> None:
    with Flask("test").test_request_context():
        answer = problem(400, "Bad Request", "\ud800 is no text")
    assert b"parameter" not in answer.data
    assert answer.get_json(force=True)["detail"] == "\ud800 is no text"


PATHS = ("/api/search", "/api/products/x", "/api/behaviour", "/api/catalog/events", "/healthz", "/search", "/bag")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"}


@pytest.fixture
def web() -> FlaskClient:
    return create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1")).test_client()


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_method_is_answered_by_those_that_are_allowed(web: FlaskClient, path: str) -> None:
    allowed = set(web.application.url_map.bind("localhost").allowed_methods(path))
    assert METHODS - allowed
    for method in METHODS - allowed:
        answer = web.open(path, method=method)
        assert answer.status_code == 405, method
        assert set(answer.headers["Allow"].split(", ")) == allowed
        assert answer.mimetype == ("application/problem+json" if path.startswith("/api/") else "text/html")


def test_each_operation_describes_that_its_address_may_be_too_long(web: FlaskClient) -> None:
    paths = web.get("/api/openapi.json").get_json()["paths"]
    operations = [operation for path, item in paths.items() if path.startswith("/api/") for operation in item.values()]
    assert operations
    assert all("414" in operation["responses"] for operation in operations)


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, "index_closed_exception", 503),
        (404, "index_not_found_exception", 503),
        (429, "busy", 503),
        (400, "bug", 500),
    ],
)
def test_what_elasticsearch_may_accept_later_is_tried_again(status: int, error: str, expected: int) -> None:
    app, meta = Flask("test"), SimpleNamespace(status=status)
    register(app)

    @app.get("/api/search")
    def search() -> str:
        raise ApiError(error, cast("ApiResponseMeta", meta), {})

    answer = app.test_client().get("/api/search")
    assert (answer.status_code, "Retry-After" in answer.headers) == (expected, expected == 503)
