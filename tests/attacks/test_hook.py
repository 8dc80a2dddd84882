"""The webhook: what isn't signed, was signed for something else, or is sent again changes nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator

import pytest
import redis
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from tests.attacks.hostile_shop import HostileShop
from workers.queues import keys

EVENT = {"type": "update", "id": "evil-1", "fields": {"price": 1}}
BODY = json.dumps({"events": [EVENT]})
PATH = "/api/catalog/events"


@pytest.fixture
def web(hostile: HostileShop) -> FlaskClient:
    return hostile.app.test_client()


@pytest.fixture
def queued(hostile: HostileShop) -> Iterator[Callable[[], list[int]]]:
    """Return a function that lists the versions of the events in the queue."""
    stream = keys.events(hostile.settings.index_name)
    with redis.Redis.from_url(hostile.settings.redis_url) as server:
        server.delete(stream)
        yield lambda: [json.loads(fields[b"event"])["version"] for _, fields in server.xrange(stream)]
        server.delete(stream)


def _signed(hostile: HostileShop, name: str, body: str = BODY, age: float = 0) -> dict[str, str]:
    at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)
    assert hostile.settings.webhook_secret
    secret = hostile.settings.webhook_secret.get_secret_value().split(",")[0]
    signature = Webhook(secret).sign(name, at, body)
    return {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def _send(web: FlaskClient, headers: dict[str, str], body: str = BODY) -> TestResponse:
    return web.post(PATH, data=body, headers=headers, content_type="application/json")


def test_what_is_sent_again_has_the_version_of_the_first_time(
    hostile: HostileShop, web: FlaskClient, queued: Callable[[], list[int]]
) -> None:
    headers = _signed(hostile, "msg_again")
    answers = [_send(web, headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    first, *others = queued()
    assert others == [first, first]  # an event that came in between is newer, and wins
    _send(web, _signed(hostile, "msg_between"))
    _send(web, headers)
    *_, between, again = queued()
    assert again == first < between


@pytest.mark.parametrize("age", [301, 3_600, -301, -86_400 * 365])
def test_a_signature_is_valid_for_minutes(
    hostile: HostileShop, web: FlaskClient, queued: Callable[[], list[int]], age: float
) -> None:
    assert _send(web, _signed(hostile, "msg_old", age=age)).status_code == 401
    assert not queued()


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_other"}, {"webhook-timestamp": "0"}, {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "nan"}, {"webhook-timestamp": "9" * 400}, {"webhook-signature": ""},
        {"webhook-signature": "v1,"}, {"webhook-signature": "v1," + "A" * 44}, {"webhook-signature": "v1a,AAAA"},
        {"webhook-signature": "v1,AAAA " * 1_000}, {"webhook-id": ""},
    ],
    ids=str,
)  # fmt: skip
def test_a_signature_is_for_one_request(
    hostile: HostileShop, web: FlaskClient, queued: Callable[[], list[int]], change: dict[str, str]
) -> None:
    assert _send(web, _signed(hostile, "msg_one") | change).status_code in {400, 401}
    assert not queued()


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(
    hostile: HostileShop, web: FlaskClient, queued: Callable[[], list[int]], missing: str
) -> None:
    headers = _signed(hostile, "msg_part")
    del headers[missing]
    assert _send(web, headers).status_code == 401
    assert not queued()


def test_another_body_needs_another_signature(
    hostile: HostileShop, web: FlaskClient, queued: Callable[[], list[int]]
) -> None:
    headers = _signed(hostile, "msg_body")
    for body in (BODY.replace("1", "2"), BODY + " ", " " + BODY, BODY[:-1], ""):
        assert _send(web, headers, body).status_code == 401, body
    stranger = Webhook("whsec_" + "QUFB" * 8).sign("msg_body", dt.datetime.now(dt.UTC), BODY)
    assert _send(web, headers | {"webhook-signature": stranger}).status_code == 401
    assert not queued()
    assert _send(web, headers | {"webhook-signature": f"{stranger} {headers['webhook-signature']}"}).status_code == 202
