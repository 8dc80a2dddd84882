"""Logins of staff: what ends them, and what is left of them while Redis is down."""

import hmac
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from indexer.settings import Settings
from tests.forms import csrf_token
from webapp import create_app
from webapp.services import services
from webapp.services.staff_sessions import IDLE_SECONDS, StaffSessions
from webapp.staff import login
from workers.errors import RedisUnavailableError
from workers.queues.values import ExpiringValues

PASSWORDS = {"ada": "correct horse battery", "eve": "another password"}


class _Values(ExpiringValues):
    """Values in memory, which expire by a clock of their own."""

    def __init__(self) -> None:
        self.now, self.is_down, self.ends = 0.0, False, dict[str, float]()

    def set(self, key: str, value: object, seconds: float) -> None:
        self._check()
        self.ends[key] = self.now + seconds

    def extend(self, key: str, seconds: float) -> bool:
        self._check()
        if self.ends.get(key, 0) <= self.now:
            return False
        self.ends[key] = self.now + seconds
        return True

    def delete(self, key: str) -> None:
        self._check()
        self.ends.pop(key, None)

    def _check(self) -> None:
        if self.is_down:
            raise RedisUnavailableError("Redis doesn't answer")


class _Shop:
    """A shop whose sessions are in memory."""

    def __init__(self, levels: str = "") -> None:
        settings = Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1")
        staff = ",".join(f"{name}:{password}" for name, password in PASSWORDS.items())
        known = {"secret_key": SecretStr("key"), "staff": SecretStr(staff), "staff_levels": levels}
        self.app, self.values = create_app(settings.model_copy(update=known)), _Values()
        with self.app.app_context():
            replace(services(), staff_sessions=StaffSessions(self.values)).register(self.app)

    def browser(self) -> FlaskClient:
        """Return a browser without cookies."""
        return self.app.test_client()

    def log_in(self, name: str = "ada") -> FlaskClient:
        """Return a browser in which a member of staff has logged in."""
        web = self.browser()
        assert _post(web, "/staff/login", name=name, password=PASSWORDS[name]).status_code == 303
        return web

    def copied(self, web: FlaskClient) -> FlaskClient:
        """Return another browser that has this one's cookie."""
        cookie, thief = web.get_cookie("shop"), self.browser()
        assert cookie
        thief.set_cookie("shop", cookie.value)
        return thief


@pytest.fixture
def shop() -> _Shop:
    return _Shop()


def _token(web: FlaskClient) -> str:
    return csrf_token(web.get("/staff/login").text)


def _post(web: FlaskClient, path: str, token: str = "", **fields: str) -> Any:
    return web.post(path, data={"csrf_token": token or _token(web), **fields})


def _is_in(web: FlaskClient) -> bool:
    return web.get("/ops").status_code == 200


def test_a_logout_ends_a_copied_cookie(shop: _Shop) -> None:
    web, other = shop.log_in(), shop.log_in()
    thief = shop.copied(web)
    assert _is_in(thief)
    assert _post(web, "/staff/logout").status_code == 303
    assert [_is_in(who) for who in (web, thief, other)] == [False, False, True]
    assert _post(thief, "/ops/letters").status_code == 401


def test_a_login_without_requests_ends_and_one_with_goes_on(shop: _Shop) -> None:
    web, idle = shop.log_in(), shop.log_in()
    for _ in range(3):
        shop.values.now += IDLE_SECONDS * 0.9
        assert _is_in(web)
    assert not _is_in(idle)


def test_no_login_lasts_longer_than_a_day(shop: _Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    web, now = shop.log_in(), time.time()
    for hour in range(1, 13):
        monkeypatch.setattr("webapp.staff.login.time.time", lambda: now + 3_600 * hour)  # noqa: B023
        assert _is_in(web) == (hour < 12)


def test_each_login_has_an_id_of_its_own_and_ends_the_one_before(shop: _Shop) -> None:
    web = shop.log_in()
    before, first = shop.copied(web), set(shop.values.ends)
    assert _post(web, "/staff/login", name="ada", password=PASSWORDS["ada"]).status_code == 303
    assert len(shop.values.ends) == 1
    assert not first & set(shop.values.ends)
    assert (_is_in(web), _is_in(before)) == (True, False)


def test_tokens_of_forms_change_at_login_and_logout(shop: _Shop) -> None:
    web = shop.browser()
    planted = _token(web)
    assert _post(web, "/staff/login", planted, name="ada", password=PASSWORDS["ada"]).status_code == 303
    assert _post(web, "/staff/logout", planted).status_code == 400
    inside = _token(web)
    assert _post(web, "/staff/logout", inside).status_code == 303
    assert _post(web, "/staff/login", inside, name="ada", password=PASSWORDS["ada"]).status_code == 400


def test_redis_holds_nothing_that_logs_in(shop: _Shop) -> None:
    web = shop.log_in()
    with web.session_transaction() as session:
        session_id = session["staff"][-1]
    assert session_id not in str(shop.values.ends)
    shop.values.set(f"staff-session:{'0' * 64}", "ada", 60)
    assert not _is_in(shop.browser())


def test_while_redis_is_down_staff_log_in_anew_and_nothing_older_is_believed(shop: _Shop) -> None:
    before = shop.log_in()
    ended = shop.copied(before)
    _post(before, "/staff/logout")
    kept = shop.log_in()
    shop.values.is_down = True
    assert not _is_in(ended)
    assert not _is_in(kept)
    assert "Redis is down" in kept.get("/staff/login").text
    during = shop.log_in("eve")
    assert _is_in(during)
    shop.values.is_down = False
    assert [_is_in(who) for who in (during, kept, ended)] == [False, True, False]


def test_a_logout_that_redis_did_not_hear_of_is_reported(shop: _Shop) -> None:
    web = shop.log_in()
    shop.values.is_down = True
    answer = _post(web, "/staff/logout")
    assert (answer.status_code, "logged out in this browser" in answer.text) == (503, True)
    shop.values.is_down = False
    assert not _is_in(web)


def test_a_login_costs_the_same_whatever_is_wrong(shop: _Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Counter[str]()
    hashed, compared = login._digest, hmac.compare_digest

    def count(name: str, function: Any) -> Any:
        return lambda *args: (work.update([name]), function(*args))[1]

    monkeypatch.setattr(login, "_digest", count("hashed", hashed))
    monkeypatch.setattr("webapp.staff.login.hmac.compare_digest", count("compared", compared))
    works = []
    with shop.app.app_context():
        for name, password in (("ada", "wrong"), ("eve", "wrong"), ("nobody", "wrong"), *PASSWORDS.items(), ("", "")):
            work.clear()
            assert login._is_right(name, password) == (PASSWORDS.get(name) == password)
            works.append(dict(work))
    assert all(one == works[0] for one in works)
    assert works[0]["hashed"] == 2 + 2 * len(PASSWORDS)


@pytest.mark.parametrize("path", ["/ops/letters", "/lab/judge", "/lab/attributes", "/lab/placeholders"])
def test_who_may_only_look_sends_no_form(path: str) -> None:
    shop = _Shop("eve:view")
    eve, ada = shop.log_in("eve"), shop.log_in()
    assert _is_in(eve)
    refused = _post(eve, path)
    assert (refused.status_code, "You may view here; to edit" in refused.text) == (403, True)
    assert _post(ada, path).status_code != 403
    assert _post(eve, "/staff/logout").status_code == 303
