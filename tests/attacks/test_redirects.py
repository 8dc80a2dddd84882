"""Open redirects: whatever a form is told to return to, the shopper stays in the shop."""

from __future__ import annotations

import re

import pytest

from tests.attacks.conftest import Visit, visit
from tests.attacks.crawler import forms
from tests.attacks.hostile_shop import STAFF, HostileShop

ELSEWHERE = [
    "https://evil.example", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example",
    "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "//\\evil.example", "/\t/evil.example",
    "/\n/evil.example", "\t//evil.example", " //evil.example", "\x00//evil.example", "https:evil.example",
    "https:/evil.example", "http:\\\\evil.example", "//evil.example@localhost", "//localhost@evil.example",
    "//evil.example:80", "//[::1]", "//0x7f000001", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>", "//evil%E3%80%82example", "///\\evil.example", "/.//\\//evil.example",
    "evil.example", "?//evil.example", ".//evil.example", "/\r\nSet-Cookie: a=b", "//", "/\\", "http://[",
    "\N{FULLWIDTH SOLIDUS}\N{FULLWIDTH SOLIDUS}evil.example", "/\N{LINE SEPARATOR}/evil.example",
]  # fmt: skip
HOST = "localhost"


def target(location: str) -> str:
    """Return the host that a browser goes to by the rules of WHATWG's URL standard; empty for this one."""
    address = re.sub(r"[\t\r\n]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    if scheme := re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", address):
        address = address[scheme.end() :]
        if scheme[0].lower() not in {"http:", "https:"}:
            return scheme[0]
        address = "//" + address.lstrip("/")
    return address.lstrip("/").split("/")[0] if address.startswith("//") else ""


@pytest.mark.parametrize(
    ("location", "host"),
    [("/a", ""), ("a", ""), ("///evil", "evil"), ("/\\evil", "evil"), ("https:evil", "evil"), ("data:x", "data:")],
)
def test_the_browsers_rules(location: str, host: str) -> None:
    assert target(location) == host


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_login_leads_nowhere_else(hostile: HostileShop, elsewhere: str) -> None:
    web = hostile.app.test_client()
    page = web.get("/staff/login", query_string={"to": elsewhere})
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    data = {"csrf_token": token, "name": STAFF, "password": hostile.password, "to": elsewhere}
    answer = web.post("/staff/login", data=data)
    assert (answer.status_code, target(answer.headers["Location"])) == (303, "")
    assert 'name="to" value="/' in page.text


def test_no_form_leads_elsewhere(hostile: HostileShop) -> None:
    web = hostile.member()
    led = 0
    # Last what makes the tokens of all other forms invalid.
    for form in sorted(forms(visit(hostile, web).pages), key=lambda form: form.action.endswith(("/logout", "/erase"))):
        names = {name for name, value in form.fields if value.startswith("/")} | {"back", "to", "next", "url", "return"}
        for elsewhere in ELSEWHERE if len(names) > 5 else ELSEWHERE[:6]:
            sent = next(form.submissions()) | dict.fromkeys(names, elsewhere) | {"anchors": "1"}
            answer = web.post(form.action, data=sent)
            if "Location" in answer.headers:
                led += 1
                assert target(answer.headers["Location"]) == "", form
    assert led > 20
    hostile.refill()


@pytest.mark.parametrize("name", ["to", "next", "back", "url", "return", "redirect", "continue"])
def test_no_page_leads_elsewhere(shopper: Visit, name: str) -> None:
    for page in shopper.pages[:40]:
        joint = "&" if "?" in page.address else "?"
        answer = shopper.web.get(f"{page.address}{joint}{name}=//evil.example")
        assert target(answer.headers.get("Location", "")) == "", page.address
