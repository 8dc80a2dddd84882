"""Who may send catalogue events: signatures, replays, a change of secrets, and what strangers can't use up."""

import datetime
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from indexer.catalog.event_lists import parse_events
from indexer.errors import CatalogError
from indexer.settings import Settings
from webapp import create_app
from workers.queues.event_queue import Entry, EventQueue

OLD, NEW, OTHER = ("whsec_" + b64encode(letter * 24).decode() for letter in (b"o", b"n", b"x"))
ACCEPTED = 503  # the signature is right, but nothing answers where the queue should be

BODY = '{"events": [{"type": "delete", "id": "a", "version": 1}]}'


def _web(secrets: str = OLD, **changes: Any) -> FlaskClient:
    settings = Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1")
    known = {
        "secret_key": SecretStr("key"),
        "webhook_secret": SecretStr(secrets),
        "staff": SecretStr("ada:a long one"),
        "rate_limit_pages": "1200/minute",
    }
    web = create_app(settings.model_copy(update=known | changes)).test_client()
    web.get("/staff/login")  # from now on this process counts requests by itself
    return web


def _send(web: FlaskClient, secret: str, age: float = 0, body: str = BODY) -> TestResponse:
    sent = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=age)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(sent.timestamp()))}
    headers["webhook-signature"] = Webhook(secret).sign("msg_1", sent, body)
    return web.post("/api/catalog/events", data=body, headers=headers)


def test_while_the_secret_is_changed_both_sign_and_no_other() -> None:
    web = _web(f"{NEW},{OLD}")
    assert [_send(web, secret).status_code for secret in (NEW, OLD, OTHER)] == [ACCEPTED, ACCEPTED, 401]
    assert [_send(_web(NEW), secret).status_code for secret in (NEW, OLD)] == [ACCEPTED, 401]


@pytest.mark.parametrize(("age", "status"), [(0, ACCEPTED), (240, ACCEPTED), (360, 401), (86_400, 401), (-360, 401)])
def test_an_old_request_is_not_accepted_again(age: float, status: int) -> None:
    for secrets in (OLD, f"{NEW},{OLD}"):
        assert _send(_web(secrets), OLD, age).status_code == status


def test_strangers_are_limited_and_use_up_nothing_of_the_shops_own() -> None:
    web = _web(rate_limit_webhook="3/hour", rate_limit_unsigned="2/hour")
    refused = [_send(web, OTHER) for _ in range(4)]
    assert [answer.status_code for answer in refused] == [401, 401, 429, 429]
    assert 0 < int(refused[-1].headers["Retry-After"]) <= 3_600
    assert refused[-1].content_type == "application/problem+json"
    assert [_send(web, OLD).status_code for _ in range(4)] == [ACCEPTED] * 3 + [429]


def test_each_limit_can_be_lifted() -> None:
    web = _web(rate_limit_webhook="", rate_limit_unsigned="")
    assert {_send(web, OTHER).status_code for _ in range(70)} == {401}


def test_events_may_have_the_shops_own_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[columns]\nArtNr = "id"\nName = "title"\n')
    web = _web(catalog_mapping=mapping)
    queued: list[Entry] = []
    monkeypatch.setattr(EventQueue, "first_seen", lambda _self, _name, at: at)
    monkeypatch.setattr(EventQueue, "add", lambda _self, entries: queued.extend(entries))
    body = '{"events": [{"type": "upsert", "product": {"ArtNr": "7", "Name": "Mug", "version": 3}}]}'
    sent = datetime.datetime.now(datetime.UTC)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(sent.timestamp()))}
    headers["webhook-signature"] = Webhook(OLD).sign("msg_1", sent, body)
    assert web.post("/api/catalog/events", data=body, headers=headers).status_code == 202
    product = queued[0].event["product"]
    assert (product["id"], product["title"], product["version"]) == ("7", "Mug", 3)


def test_a_wrong_mapping_ends_the_start(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[columns]\nArtNr = "idd"\n')
    with pytest.raises(CatalogError, match="did you mean id"):
        _web(catalog_mapping=mapping)


@pytest.mark.parametrize("body", ["", "not JSON", "[", "NaN", '"\\ud800"', "[" * 100_000])
def test_a_signed_body_that_is_no_json_is_a_bad_request(body: str) -> None:
    answer = _send(_web(), OLD, body=body)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.get_json(force=True)["detail"].startswith("The body ")


def test_a_body_that_is_no_utf_8_is_a_bad_request_too() -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "0", "webhook-signature": "v1,AAAA"}
    answer = _web().post("/api/catalog/events", data=b"\xff{}", headers=headers)
    assert (answer.status_code, answer.get_json(force=True)["detail"]) == (
        400,
        "The body is not JSON: it is not UTF-8.",
    )


def test_a_relative_path_of_an_image_is_refused_at_the_door() -> None:
    whole = {"id": "a", "title": "A", "version": 1}
    events = [
        {"type": "upsert", "product": {**whole, "images": ["https://cdn.example/a.jpg", "photos/a.jpg"]}},
        {"type": "update", "id": "b", "version": 1, "fields": {"images": ["../b.jpg"]}},
        {"type": "upsert", "product": {**whole, "images": ["//cdn.example/a.jpg"]}},
        {"type": "update", "id": "c", "version": 1, "fields": {"price": 3}},
    ]
    parsed, errors = parse_events(events, version=1)
    assert [position for position, _ in parsed] == [2, 3]
    assert [error["index"] for error in errors] == [0, 1]
    assert all("relative path" in error["detail"] for error in errors)
