"""Timing of logins: a wrong name costs the same steps as a wrong password, and the answer says as little."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import Any

import pytest

from tests.attacks.hostile_shop import STAFF, HostileShop
from tests.forms import csrf_token
from webapp.staff import login

WRONG = [("nobody", "x" * 16), (STAFF, "x" * 16), ("", ""), (STAFF, ""), ("bob", "x"), ("\N{SNOWMAN}", "\x00")]


def _steps(name: str, password: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what a check computes: each digest, and each comparison with its lengths."""
    steps: list[Any] = []

    def digest(data: bytes) -> Any:
        steps.append("digest")
        return sha256(data)

    def compare(one: bytes, other: bytes) -> bool:
        steps.append(("compare", len(one), len(other)))
        return hmac.compare_digest(one, other)

    with monkeypatch.context() as patch:
        patch.setattr(login, "sha256", digest)
        patch.setattr(login, "hmac", type("hmac", (), {"compare_digest": staticmethod(compare), "new": hmac.new}))
        login._is_right(name, password)
    return steps


def test_each_check_takes_the_same_steps(hostile: HostileShop, monkeypatch: pytest.MonkeyPatch) -> None:
    nearly = hostile.password[:-1] + "\N{SNOWMAN}"
    with hostile.app.app_context():
        expected = _steps(STAFF, hostile.password, monkeypatch)
        assert sum(step != "digest" for step in expected) > 1  # with everybody's, although the first is right
        for name, password in [*WRONG, (STAFF, nearly), ("bob", hostile.password)]:
            assert _steps(name, password, monkeypatch) == expected, name


def test_the_answer_says_nothing_about_the_name(hostile: HostileShop) -> None:
    answers = set()
    for name, password in WRONG:
        web = hostile.app.test_client()
        token = csrf_token(web.get("/staff/login").text)
        answer = web.post("/staff/login", data={"csrf_token": token, "name": name, "password": password})
        text = re.sub(r'name="(csrf_token|name)" value="[^"]*"', "", answer.text)
        answers.add((answer.status_code, text))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401
