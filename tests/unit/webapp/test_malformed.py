"""Requests that no browser sends: each is answered with a 4xx, without any server."""

import datetime
from base64 import b64encode

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from indexer.settings import Settings
from tests.forms import csrf_token
from webapp import create_app

SECRET = "whsec_" + b64encode(b"s" * 24).decode()
LONG = '{"events": [' + "9" * 5_000 + "]}"  # more digits than Python reads
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def web() -> FlaskClient:
    settings = Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1")
    secrets = {
        "secret_key": SecretStr("key"),
        "webhook_secret": SecretStr(SECRET),
        "staff": SecretStr("ada:a:long:one"),
    }
    return create_app(settings.model_copy(update=secrets)).test_client()


def _send(web: FlaskClient, body: str | bytes, **headers: str) -> TestResponse:
    now = datetime.datetime.now(datetime.UTC)
    signed = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    text = body if isinstance(body, str) else body.decode("latin-1")
    signed["webhook-signature"] = Webhook(SECRET).sign("msg_1", now, text)
    return web.post(
        "/api/catalog/events", data=body, headers=signed | {n.replace("_", "-"): v for n, v in headers.items()}
    )


@pytest.mark.parametrize("signature", ["zzz", "v1", "v1,", "v1,not base64", ",", "v1,a v1,b", "\N{SNOWMAN}"])
def test_a_signature_that_is_none_is_refused(web: FlaskClient, signature: str) -> None:
    answer = _send(web, '{"events": []}', webhook_signature=signature)
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize("body", ["no JSON", DEEP, "{", "null", "[]", '{"events": {}}'])
def test_a_signed_body_that_is_no_list_of_events_is_refused(web: FlaskClient, body: str) -> None:
    answer = _send(web, body)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("body", [DEEP, LONG])
def test_a_body_that_cannot_be_read_is_no_event(web: FlaskClient, body: str) -> None:
    answer = web.post("/api/behaviour", data=body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("origin", ["http://[", "http://]", "http://[::1", "\N{SNOWMAN}"])
def test_an_origin_that_is_none_is_another_site(web: FlaskClient, origin: str) -> None:
    answer = web.post("/api/behaviour", json={"type": "view", "product_id": "a"}, headers={"Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "a..b", "[", "%00"])
def test_a_host_that_is_none(web: FlaskClient, host: str) -> None:
    for path in ("/staff/login", "/api/nowhere"):
        assert web.get(path, headers={"Host": host}).status_code in {200, 400, 404}


@pytest.mark.parametrize(("name", "password", "status"), [("ada", "a:long:one", 303), ("ada:a", "long:one", 401)])
def test_a_password_may_have_a_colon_and_a_name_none(web: FlaskClient, name: str, password: str, status: int) -> None:
    token = csrf_token(web.get("/staff/login").text)
    answer = web.post("/staff/login", data={"csrf_token": token, "name": name, "password": password})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "referrer", ["https://[", "https://localhost:99999999/", "https://evil.example", "\N{SNOWMAN}", " "]
)
def test_a_form_over_tls_from_an_address_that_is_none(web: FlaskClient, referrer: str) -> None:
    token = csrf_token(web.get("/staff/login").text)
    answer = web.post(
        "/staff/login",
        data={"csrf_token": token, "name": "ada", "password": "wrong"},
        headers={"Referer": referrer},
        base_url="https://localhost",
    )
    assert (answer.status_code, "This form has expired" in answer.text) == (400, True)
