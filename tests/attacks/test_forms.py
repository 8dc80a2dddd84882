"""Cross-site request forgery: no form takes what another site's page sends, whoever is logged in.

The forms are found by crawling, so that a new one can't be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.attacks.conftest import Visit, visit
from tests.attacks.crawler import Form, forms, read
from tests.attacks.hostile_shop import HostileShop
from webapp import catalogues

TOKEN = "csrf_token"
OTHERS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8081"},
    {"Origin": "http://["},
]
_EXPIRED = "This form has expired. Go back, reload the page and send it again."
_FIRST = "/bag/order"  # another form on its page empties the bag
_LAST = ("erase", "logout")  # what ends the others' state is sent after them, in this order


def _says_expired(answer: TestResponse) -> bool:
    """Return whether a page says so, in a language of the shop: links of the crawl switch it."""
    texts = (_EXPIRED, *(catalogues.compiled(code).ugettext(_EXPIRED) for code in catalogues.codes()))
    return any(text in answer.text for text in texts)


def _without_token(form: Form, stranger: str) -> Iterator[dict[str, Any]]:
    """Yield what a page can send that doesn't know the token."""
    for token in (None, "", stranger, "x" * 5_000):
        sent = next(form.submissions())
        yield {n: v for n, v in (sent | {TOKEN: token}).items() if v is not None}


@pytest.mark.parametrize("role", ["shopper", "member"])
def test_no_form_takes_what_another_site_sends(hostile: HostileShop, request: pytest.FixtureRequest, role: str) -> None:
    visit: Visit = request.getfixturevalue(role)
    web, found = visit.web, forms(visit.pages)
    stranger = dict(forms([read("/staff/login", hostile.app.test_client().get("/staff/login"))])[0].fields)[TOKEN]
    before, cookie = hostile.state(), web.get_cookie("shop")
    for form in found:
        for data in _without_token(form, stranger):
            answer = web.post(form.action, data=data)
            assert (answer.status_code, _says_expired(answer)) == (400, True), form
        for headers in OTHERS:  # even if the token leaked
            answer = web.post(form.action, data=next(form.submissions()), headers=headers)
            assert answer.status_code == 403, (form, headers)
    assert hostile.state() == before
    assert web.get_cookie("shop") == cookie


def test_each_form_takes_what_its_own_page_sends(hostile: HostileShop) -> None:
    visitor = visit(hostile, hostile.member())
    found = sorted(
        forms(visitor.pages),
        key=lambda form: (*(word in form.action for word in reversed(_LAST)), _FIRST not in form.action),
    )
    before, changed = hostile.state(), set()
    for form in found:
        for data in form.submissions():
            own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
            few = {"anchors": "1"} if "anchors" in data else {}  # drawing pools takes long
            answer = visitor.web.post(form.action, data=data | few, headers=own)
            assert answer.status_code not in {403, 500}, form
            assert not _says_expired(answer), form
            after = hostile.state()
            changed |= {urlsplit(form.action).path} if after != before else set()
            before = after
    # So that the other test would see a change.
    assert {"/bag", "/bag/order", "/your-data/erase", "/ops/letters", "/lab/judge", "/lab/attributes"} <= changed
    hostile.refill()


def test_every_route_that_changes_something_has_a_form(hostile: HostileShop, member: Visit) -> None:
    routes = {
        str(rule)
        for rule in hostile.app.url_map.iter_rules()
        if rule.methods and rule.methods - {"GET", "HEAD", "OPTIONS"} and not str(rule).startswith("/api/")
    }
    urls = hostile.app.url_map.bind("localhost")
    assert routes == {str(urls.match(form.shape[1], "POST", return_rule=True)[0]) for form in forms(member.pages)}
