"""Headers, cookies and caches: what every answer of the shop carries, whoever asks and whatever went wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.attacks.conftest import Visit
from tests.attacks.hostile_shop import HostileShop
from webapp import create_app
from webapp.security import HEADERS

# What no crawl reaches: errors of each kind, methods, the API, static files.
OTHERS = [
    ("GET", "/nowhere", 404), ("GET", "/api/nowhere", 404), ("POST", "/search", 405), ("PUT", "/bag", 405),
    ("OPTIONS", "/", 200), ("TRACE", "/", 405), ("DELETE", "/api/search", 405), ("POST", "/bag", 400),
    ("GET", "/search?size=x", 400), ("GET", "/api/search?size=x", 400), ("GET", "/api/search", 200),
    ("GET", "/static/shop.css", 200), ("GET", "/static/nowhere.css", 404), ("GET", "/static/", 404),
    ("GET", "/livez", 200), ("GET", "/metrics", 200), ("GET", "/api/openapi.json", 200),
    ("POST", "/api/behaviour", 415),
    ("POST", "/api/catalog/events", 401), ("GET", "/pictures/x/96.webp", 404), ("GET", "/lab/judgements.jsonl", 303),
    ("HEAD", "/", 200), ("GET", "/bag/orders/x", 404), ("GET", "/your-data.json", 200), ("GET", "/ops", 303),
    ("GET", "/products//evil.example", 308),
]  # fmt: skip
# Headers that some servers believe about where they are, and then write into a page that a cache gives to others.
UNKEYED = [
    {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"X-Host": "evil.example"},
    {"Forwarded": "host=evil.example;proto=https"}, {"X-Forwarded-Server": "evil.example"},
    {"X-Original-URL": "/evil.example"}, {"X-Rewrite-URL": "/evil.example"}, {"X-Forwarded-Prefix": "/evil.example"},
    {"X-Forwarded-Proto": "evil.example"}, {"X-Forwarded-Port": "evil.example"}, {"X-HTTP-Method-Override": "POST"},
    {"Accept-Language": "evil.example"}, {"User-Agent": "evil.example"}, {"Referer": "https://evil.example/"},
    {"X-Forwarded-For": "evil.example"}, {"Script-Name": "/evil.example"}, {"Origin": "https://evil.example"},
]  # fmt: skip


def _answers(hostile: HostileShop, visit: Visit) -> Iterator[TestResponse]:
    yield from (page.answer for page in visit.pages)
    for method, path, status in OTHERS:
        answer = hostile.app.test_client().open(path, method=method)
        assert answer.status_code == status, (method, path, answer.status_code)
        yield answer


def test_every_answer_has_the_headers(hostile: HostileShop, member: Visit) -> None:
    seen = 0
    for answer in _answers(hostile, member):
        for name, value in HEADERS.items():
            assert answer.headers.get_all(name) == [value], (answer.request.path, name)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.mimetype, answer.request.path
        if (answer.mimetype or "").startswith("text/"):
            assert "charset=utf-8" in answer.content_type
        seen += 1
    assert seen > 60


def test_every_answer_with_a_visitors_data_stays_with_the_visitor(hostile: HostileShop, member: Visit) -> None:
    for answer in _answers(hostile, member):
        path, rules = answer.request.path, answer.cache_control
        is_public = path.startswith(("/static/", "/pictures/"))
        assert is_public or not rules.public, path
        # `no-store` or `private` keeps it from caches that others share, whatever they think of Vary.
        assert is_public or rules.private or rules.no_store, path
        if not is_public and answer.mimetype == "text/html" and "Set-Cookie" in answer.headers:
            assert "Cookie" in answer.vary, path
        if path.startswith(("/ops", "/lab", "/staff", "/bag", "/your-data")) and answer.status_code == 200:
            assert rules.no_store, path


def test_cookies_are_for_the_browser_alone(hostile: HostileShop) -> None:
    for tls in (False, True):
        web = create_app(hostile.settings.model_copy(update={"tls": tls})).test_client()
        for path in ("/", "/photo", "/staff/login", "/products/evil-1", "/nowhere"):
            for cookie in web.get(path).headers.get_all("Set-Cookie"):
                name, *parts = cookie.split("; ")
                assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(parts), cookie
                assert not any(part.startswith("Domain") for part in parts)
                assert ("Secure" in parts) == tls == name.startswith("__Host-")


@pytest.mark.parametrize("headers", UNKEYED, ids=lambda headers: next(iter(headers)))
def test_no_header_gets_into_a_page(hostile: HostileShop, headers: dict[str, str]) -> None:
    web = hostile.app.test_client()
    for path in (
        "/",
        "/search?q=a",
        "/products/evil-1",
        "/photo",
        "/nowhere",
        "/api/search",
        "/api/openapi.json",
        "/ops",
    ):
        answer = web.get(path, headers=headers)
        assert "evil.example" not in answer.text, path
        assert "evil.example" not in str(answer.headers), path
        assert answer.status_code == web.get(path).status_code, path


def test_parameters_that_do_not_count_are_not_repeated(hostile: HostileShop) -> None:
    web: FlaskClient = hostile.app.test_client()
    plain, tracked = (web.get(f"/search?q=a{more}").text for more in ("", "&utm_source=struck&fbclid=struck&_=1"))
    assert "struck(" not in tracked.replace(plain, "")
    assert tracked.count("utm_source") == 0
