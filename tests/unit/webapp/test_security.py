"""What keeps the shop safe, on pages that need no server."""

import re
import time
from typing import Any

import pytest
from flask import session
from flask.testing import FlaskClient
from pydantic import SecretStr

from indexer.errors import SettingsError
from indexer.settings import Settings
from tests.forms import csrf_token
from webapp import create_app

NAME, PASSWORD = "ada", "correct horse battery"
NOWHERE = "redis://127.0.0.1:1/0"  # nothing answers there


def _web(**changes: Any) -> FlaskClient:
    settings = Settings(redis_url=NOWHERE, elasticsearch_url="http://127.0.0.1:1").model_copy(
        update={"secret_key": SecretStr("key"), "staff": SecretStr(f"{NAME}:{PASSWORD},eve:another password")} | changes
    )
    return create_app(settings).test_client()


def _token(web: FlaskClient, path: str = "/staff/login") -> str:
    return csrf_token(web.get(path).text)


def _log_in(web: FlaskClient, name: str = NAME, password: str = PASSWORD, to: str = "/staff/login") -> Any:
    form = {"csrf_token": _token(web), "name": name, "password": password, "to": to}
    return web.post("/staff/login", data=form)


def test_every_answer_has_the_headers() -> None:
    for path in ("/staff/login", "/nowhere", "/api/nowhere", "/static/shop.css"):
        headers = _web().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers


def test_cookies() -> None:
    cookie = _web().get("/staff/login").headers["Set-Cookie"]
    assert cookie.startswith("shop=")
    assert "; HttpOnly" in cookie
    assert "; SameSite=Lax" in cookie
    assert "; Secure" not in cookie
    behind_tls = _web(tls=True).get("/staff/login")
    assert behind_tls.headers["Set-Cookie"].startswith("__Host-shop=")
    assert "; Secure" in behind_tls.headers["Set-Cookie"]
    assert "; Path=/" in behind_tls.headers["Set-Cookie"]
    assert "max-age" in behind_tls.headers["Strict-Transport-Security"]


def test_the_key_of_the_settings_signs() -> None:
    web = _web()
    assert _log_in(web).status_code == 303
    cookie = web.get_cookie("shop")
    assert cookie
    for key, status in ((SecretStr("key"), 200), (SecretStr("other"), 303)):
        other = _web(secret_key=key)
        other.set_cookie("shop", cookie.value)
        assert other.get("/ops").status_code == status


@pytest.mark.parametrize(
    "cookie", ["", "x", "." * 3_000, "e30.aaaa.bbbb", "\x00\xff", ".eJw.e30.e30", "A" * 60_000, '{"staff": ["ada"]}']
)
def test_what_was_done_to_a_cookie_doesnt_matter(cookie: str) -> None:
    web = _web()
    web.set_cookie("shop", cookie)
    assert web.get("/staff/login").status_code == 200
    assert web.get("/ops").status_code == 303
    assert web.post("/staff/logout").status_code == 400


def test_a_login_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    web = _web()
    _log_in(web)
    assert web.get("/ops").status_code == 200
    now = time.time()
    monkeypatch.setattr("webapp.staff.login.time.time", lambda: now + 13 * 3600)
    assert web.get("/ops").status_code == 303


def test_a_cookie_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    web = _web(behaviour_days=3)
    _log_in(web)  # a cookie that stays, as that of a shopper who has viewed something
    cookie = web.get_cookie("shop")
    assert cookie
    now = time.time()
    assert cookie.expires
    assert cookie.expires.timestamp() == pytest.approx(now + 3 * 86_400, abs=3_600)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 3 * 86_400 + 60)
    with web:
        web.set_cookie("shop", cookie.value)
        web.get("/nowhere")
        assert not session


def test_a_password_that_was_changed_ends_its_logins() -> None:
    web = _web()
    _log_in(web)
    cookie = web.get_cookie("shop")
    assert cookie
    other = _web(staff=SecretStr(f"{NAME}:another password now"))
    other.set_cookie("shop", cookie.value)
    assert other.get("/ops").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [(NAME, "wrong"), (NAME, ""), ("", ""), ("", PASSWORD), ("eve", PASSWORD), (f"{NAME}:correct", "horse battery")],
)
def test_wrong_passwords(name: str, password: str) -> None:
    web = _web()
    answer = _log_in(web, name, password)
    assert answer.status_code == 401
    assert web.get("/ops").status_code == 303


def test_logging_out() -> None:
    web = _web()
    _log_in(web)
    web.post("/staff/logout", data={"csrf_token": _token(web)})
    assert web.get("/ops").status_code == 303


def test_a_login_leads_back_to_where_it_was_asked_for() -> None:
    web = _web()
    assert web.get("/ops?x=1").headers["Location"] == "/staff/login?to=/ops?x%3D1"
    assert _log_in(web, to="/ops?x=1").headers["Location"] == "/ops?x=1"


@pytest.mark.parametrize(
    "to",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil", "javascript:0", ""],
)
def test_a_login_leads_nowhere_else(to: str) -> None:
    assert _log_in(_web(), to=to).headers["Location"] == "/ops"


def test_without_staff_there_is_no_login() -> None:
    web = _web(staff=None)
    assert web.get("/staff/login").status_code == 404
    assert web.post("/staff/login").status_code in {400, 404}
    assert web.get("/ops").status_code == 303


def test_every_form_needs_its_token() -> None:
    web = _web()
    unsafe = [
        re.sub(r"<[^>]*>", "x", re.sub(r"<any\('?([\w-]+)[^>]*>", r"\1", str(rule)))
        for rule in web.application.url_map.iter_rules()
        if rule.methods and rule.methods & {"POST", "PUT", "PATCH", "DELETE"} and not str(rule).startswith("/api/")
    ]
    assert unsafe
    for path in unsafe:
        for token in ("", "x", _token(_web())):
            answer = web.post(path, data={"csrf_token": token})
            assert answer.status_code == 400, path
            assert "This form has expired" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_other_sites_pages_cant_call_the_api(headers: dict[str, str]) -> None:
    web = _web()
    unsafe = [
        str(rule)
        for rule in web.application.url_map.iter_rules()
        if rule.methods and "POST" in rule.methods and rule.endpoint.startswith("api.")
    ]
    for path in unsafe:
        assert web.post(path, json={}, headers=headers).status_code == 403


def test_forged_hosts_are_refused() -> None:
    web = _web(trusted_hosts=("shop.example", ".sub.example"))
    for host, status in (("shop.example", 200), ("a.sub.example:8080", 200), ("evil.example", 400), ("x shop", 400)):
        for path in ("/staff/login", "/api/openapi.json", "/nowhere"):
            answer = web.get(path, headers={"Host": host})
            assert (answer.status_code == 400) == (status == 400), (host, path)
    assert "evil" not in web.get("/staff/login", headers={"Host": "evil.example"}).text


def test_proxies_are_believed_by_setting_only() -> None:
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "1.2.3.4"}
    trusting = {"trusted_hosts": ("localhost",)}
    assert _web(**trusting).get("/staff/login", headers=forwarded).status_code == 200
    assert _web(**trusting, proxies=1).get("/staff/login", headers=forwarded).status_code == 400


def test_a_trusted_proxy_says_under_which_path_the_shop_is() -> None:
    headers = {"X-Forwarded-Prefix": "/shop"}
    addresses = re.compile(r'(?:href|src|action)="(/[^"]*)"')
    page = _web(proxies=1).get("/staff/login", headers=headers)
    assert addresses.findall(page.text)
    assert all(address.startswith("/shop/") for address in addresses.findall(page.text))
    to_login = _web(proxies=1).get("/ops?a=b", headers=headers)
    assert to_login.headers["Location"] == "/shop/staff/login?to=/shop/ops?a%3Db"
    assert not re.search("/shop/", _web().get("/staff/login", headers=headers).text)


def test_rates_are_limited_though_redis_is_away() -> None:
    web = _web(rate_limit_logins="3/minute", rate_limit_pages="100/minute")
    token = _token(web)
    answers = [web.post("/staff/login", data={"csrf_token": token, "name": "x", "password": "y"}) for _ in range(5)]
    assert [a.status_code for a in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert web.get("/staff/login").status_code == 200
    assert web.get("/static/shop.css").status_code == 200


def test_requests_that_find_redis_away_at_the_same_moment_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    web = _web()
    [limiter] = web.application.extensions["limiter"]

    def fails(*_: object, **__: object) -> bool:
        limiter._storage_dead = True  # another request has just found it
        raise ConnectionError

    monkeypatch.setattr(limiter._limiter, "hit", fails)
    assert web.get("/staff/login").status_code == 200


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff::4", True),  # a subscriber has 64 bits
        ("2001:db8:1:2::3", "2001:db8:1:3::3", False),
    ],
)
def test_a_client_is_counted_whatever_it_asks_for_and_by_no_address_that_can_be_read(
    one: str, other: str, are_one: bool
) -> None:
    web = _web(rate_limit_pages="1/minute")
    statuses = [
        web.get("/staff/login", environ_base={"REMOTE_ADDR": address}).status_code for address in (one, one, other)
    ]
    assert statuses == [200, 429, 429 if are_one else 200]
    [limiter] = web.application.extensions["limiter"]
    keys = list(limiter._fallback_storage.storage)
    assert len(keys) == 1 if are_one else 2
    assert not any(address in key for key in keys for address in (one, other))


def test_limits_that_cant_be_read() -> None:
    with pytest.raises(SettingsError, match="RATE_LIMIT_PHOTOS: 'many' is not a limit such as 60/minute"):
        _web(rate_limit_photos="many")


def test_bodies_have_a_limit() -> None:
    answer = _web().post("/staff/login", data=b"x" * (22 * 2**20), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413


def test_short_passwords_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF", "ada:short")
    with pytest.raises(SettingsError, match=r"STAFF: .* at least 12 characters") as error:
        Settings.from_environment()
    assert "short" not in str(error.value)


def test_debug_is_never_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert not _web().application.debug
