"""The API conforms to its description, whatever is sent to it."""

import io
from collections import Counter
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Shop
from webapp import create_app

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


OPERATIONS = [
    ("GET", "/api/search"),
    ("GET", "/api/suggest"),
    ("GET", "/api/products/{product_id}"),
    ("GET", "/api/products/{product_id}/similar"),
    ("GET", "/api/goes-with"),
    ("POST", "/api/similar-to-image"),
    ("POST", "/api/behaviour"),
    ("POST", "/api/catalog/events"),
    ("GET", "/api/workbench/rules"),
    ("GET", "/api/workbench/rules/{name}"),
    ("PUT", "/api/workbench/rules/{name}"),
    ("DELETE", "/api/workbench/rules/{name}"),
    ("GET", "/healthz"),
    ("GET", "/livez"),
]


@pytest.fixture(scope="module")
def described(shop: Shop) -> Any:
    """Return the description that the storefront serves."""
    app = create_app(shop.settings)
    served = app.wsgi_app
    # Without a network nothing decompresses the answers that schemathesis asks for as browsers do.
    setattr(app, "wsgi_app", lambda environ, start: served({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start))  # noqa: B010
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["meant", "wrong"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_breaks_it(described: Any, method: str, path: str, mode: GenerationMode) -> None:
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=25, suppress_health_check=list(HealthCheck), database=None)
    def check(case: Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS)

    try:
        check()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # an operation without input has no invalid input


@pytest.mark.parametrize(
    ("paths", "reached"),
    [
        ("search|products", ["GET /api/products/{product_id} 200", "GET /api/products/{product_id}/similar 200"]),
        ("search|similar-to-image", ["GET /api/search 200", "POST /api/similar-to-image 200"]),
    ],
)
def test_no_sequence_of_requests_breaks_it(described: Any, paths: str, reached: list[str]) -> None:
    """Follow the described links: a product that was found, the next page, a photograph that was sent."""
    described.config.generation.update(modes=[GenerationMode.POSITIVE])
    # Of operations that no link leads to, sequences would be all but the same, and few of those that one leads to.
    machine = described.include(path_regex=f"^/api/({paths})").as_state_machine()
    followed: Counter[str] = Counter()

    class Machine(machine):  # type: ignore[misc, valid-type]
        def validate_response(self, response: Any, case: Case[Any], *args: Any, **more: Any) -> None:
            # A worker that is busy for too long is described: 503.
            is_late = response.status_code == 503 and case.operation.path == "/api/similar-to-image"
            case.validate_response(response, checks=CHECKS[1:] if is_late else CHECKS)
            followed[f"{case.operation.label} {response.status_code}"] += 1

    options: dict[str, Any] = {"suppress_health_check": list(HealthCheck), "database": None, "derandomize": True}
    Machine.run(settings=settings(max_examples=25, stateful_step_count=6, **options))
    assert all(followed[label] for label in reached), followed


def test_it_describes_every_address_of_the_api(web: FlaskClient) -> None:
    described = web.get("/api/openapi.json").get_json()["paths"]
    routes = {
        str(rule).replace("<path:product_id>", "{product_id}").replace("<name>", "{name}")
        for rule in web.application.url_map.iter_rules()
        if str(rule).startswith("/api/")
    }
    assert routes - {"/api/openapi.json"} == {path for path in described if path.startswith("/api/")}
    operations = {(method.upper(), path) for path, item in described.items() for method in item}
    assert operations - {("GET", "/metrics")} == set(OPERATIONS)
    for path in described.values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["responses"]


def test_each_parameter_has_a_description(web: FlaskClient) -> None:
    search = web.get("/api/openapi.json").get_json()["paths"]["/api/search"]["get"]
    assert len(search["parameters"]) > 20
    assert all(parameter["description"] for parameter in search["parameters"])


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/search?q=a&q=b", "q"),
        ("/api/search?colour=red", "colour"),
        ("/api/products/x/similar?size=0", "size"),
        ("/api/search?photo=../x", "photo"),
        ("/api/search?inspired=a^0", "inspired"),
    ],
)
def test_the_api_names_wrong_parameters_as_pages_do(web: FlaskClient, path: str, parameter: str) -> None:
    answer = web.get(path)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.get_json(force=True)["parameter"] == parameter


def test_a_photograph_is_described_as_a_file(web: FlaskClient) -> None:
    paths = web.get("/api/openapi.json").get_json()
    form = paths["components"]["schemas"]["PhotoForm"]["properties"]
    assert form["image"]["format"] == "binary"
    answer = web.post("/api/similar-to-image?size=900", data={"image": (io.BytesIO(b"x"), "x.jpg")})
    assert answer.get_json(force=True)["parameter"] == "size"
