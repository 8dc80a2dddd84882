"""Rules by their fields and by the API: what is checked, saved, published and seen by two people at once."""

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from es_mappings.rules import Rule
from indexer.errors import EditConflictError
from indexer.relevance.publications import Publications
from tests.conftest import Shop
from tests.live.staff import log_in, post

# Words that no other test searches for: the shop is shared, and rules of other tests must not apply.
FIELDS: dict[str, Any] = {"name": "mine", "words": "ruled dress", "match": "contains"}
BODY: dict[str, Any] = {"name": "mine", "when": {"words": "ruled dress"}, "then": {"banner": "New"}}
API = "/api/workbench/rules"


@pytest.fixture
def web(shop: Shop, store: Publications) -> FlaskClient:
    return log_in(shop, "ada")


def _products(page: str) -> list[str]:
    return re.findall(r'<li class="placed[^>]* data-product="([^"]+)"', page)


def _faults(page: str) -> dict[str, str]:
    return {field: unescape(text) for field, text in re.findall(r'id="fault-([\w-]+)-1">([^<]*)<', page)}


def _new(web: FlaskClient, status: int = 303, **fields: object) -> str:
    return post(web, "/workbench/rules/new", status, **FIELDS | fields)


def test_a_page_is_arranged_by_its_products(web: FlaskClient, store: Publications) -> None:
    page = web.get("/workbench/rules/new?query=dress").text
    assert 'id="words" name="words" type="text" value="dress"' in page
    first, second, third, *_ = _products(page)
    fields: dict[str, Any] = {"words": "dress", "name": "arranged"}
    page = _new(web, 200, do=f"place:3:1:{third}", **fields)
    assert _products(page)[:3] == [third, first, second]
    page = _new(web, 200, do=f"hide:::{first}", pin_id=third, pin_position=1, **fields)
    assert _products(page)[:2] == [third, second]
    assert "0 come to this page" not in page
    assert "1 leave it" in page
    assert store.versions(Rule, "arranged") == []  # nothing is saved until somebody says so


def test_a_draft_is_listed_turned_on_and_off(web: FlaskClient, store: Publications) -> None:
    _new(web, action="save", banner="New dresses", starts="2020-01-01", note="for the sale")
    listed = web.get("/workbench/rules").text
    assert "the search has “ruled dress”" in listed
    assert "say “New dresses”" in listed
    assert "from 1 January 2020" in listed
    assert store.live().rules == ()
    post(web, "/workbench/rules/mine/switch", turn="on")
    assert [rule.name for rule in store.live().rules] == ["mine"]
    post(web, "/workbench/rules/mine", **FIELDS, action="save", banner="Newer", seen=1)
    assert "version 2 by ada is a draft" in web.get("/workbench/rules").text
    assert store.live().rules[0].then.banner == "New dresses"
    post(web, "/workbench/rules/mine/switch", turn="off")
    assert store.live().rules == ()
    post(web, "/workbench/rules/mine", name="mine", action="delete", seen=2)
    assert store.all(Rule) == []
    _new(web, action="save", banner="Again")  # a deleted name is free
    assert [version.number for version in store.versions(Rule, "mine")] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"hide": "price:0.."}, "hide", "hides all"),
        ({"hide": "category:Dresses", "words": "wrap dress"}, "hide", "hides all that 'wrap dress' finds"),
        ({"pin_id": "gone", "pin_position": "1"}, "pin-0", "which no longer exists"),
        ({"redirect": "/search?q=ruled+dresses"}, "redirect", "the redirects lead in a circle"),
        ({"banner": "x", "ends": "2020-01-01"}, "ends", "ended on 2020-01-01"),
        ({"filter": "colour:red"}, "filter-0", "no product has an attribute 'colour'"),
        ({"hide": "brand"}, "hide-0", "'brand' is not name:value"),
        ({"banner": "x", "category": "Dreses"}, "category", "no product is in 'Dreses'"),
        ({"banner": "x", "pin_id": "a", "pin_position": "first"}, "pin-0", "whole number from 1"),
        ({}, "then", "a rule must pin, hide"),
        ({"banner": "x", "name": "Not a name"}, "name", "small letters, digits and hyphens"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(
    web: FlaskClient, store: Publications, fields: dict[str, str], field: str, text: str
) -> None:
    page = _new(web, 422, action="publish", **fields)
    assert text in _faults(page)[field]
    assert "Nothing is saved or published" in page
    assert store.history() == []
    assert store.all(Rule) == []


def test_doubts_can_be_set_aside(web: FlaskClient, store: Publications) -> None:
    _new(web, 422, action="save", banner="x", category="Dreses")
    _new(web, action="save", banner="x", category="Dreses", anyway="1")
    assert [version.name for version in store.all(Rule)] == ["mine"]


def test_conflicts_are_shown_before_and_kept_from_saving(web: FlaskClient, store: Publications) -> None:
    store.publish("bob", rules=[Rule.model_validate({**BODY, "name": "theirs", "then": {"redirect": "/bag"}})])
    fields: dict[str, Any] = {"redirect": "/lists"}
    assert "mine and theirs lead to different pages" in _new(web, 200, do="preview", **fields)
    assert "mine and theirs lead to different pages" in _new(web, 422, action="publish", **fields)
    _new(web, action="publish", anyway="1", **fields)
    listed = unescape(web.get("/workbench/rules").text)
    assert "lead to different pages: /lists counts" in listed


def test_the_second_of_two_editors_sees_what_changed_and_may_go_on(shop: Shop, web: FlaskClient) -> None:
    bob = log_in(shop, "bob")
    _new(web, action="save", banner="One")
    post(bob, "/workbench/rules/mine", **FIELDS, action="save", banner="Two", priority="5", seen=1)
    page = post(web, "/workbench/rules/mine", 422, **FIELDS, action="save", banner="Three", seen=1)
    assert "bob saved rule" in unescape(page)
    cells = [tuple(map(unescape, cell)) for cell in re.findall(r"<td>([^<]*)</td><td>([^<]*)</td></tr>", page)]
    assert ("Two", "Three") in cells
    assert ("5", "0") in cells
    assert 'name="seen" value="2"' in page
    post(web, "/workbench/rules/mine", **FIELDS, action="save", banner="Three", seen=2)


def test_what_is_saved_but_not_published_says_so(
    web: FlaskClient, store: Publications, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(self: Publications, author: str, **_: object) -> None:
        raise EditConflictError("bob published meanwhile")

    monkeypatch.setattr(Publications, "publish", publish)
    page = _new(web, 422, action="publish", banner="x")
    assert "Saved as version 1, but not published" in page
    assert 'action="/workbench/rules/mine"' in page
    assert "409" in str(web.put(f"{API}/mine?publish=true", json=BODY).status)


def test_a_rule_that_does_not_apply_to_the_page_says_why(web: FlaskClient) -> None:
    page = _new(web, 200, do="preview", banner="x", likes_category="Dresses", try_q="coat")
    assert "the words of the search are others; nothing of that category is liked" in page
    assert "As of 1 June 2099" in _new(web, 200, do="preview", banner="x", starts="2099-06-01")


def test_levels(shop: Shop, store: Publications) -> None:
    levels = "ada:edit,bob:view"
    ada, bob = log_in(shop, "ada", levels), log_in(shop, "bob", levels)
    _new(ada, action="save", banner="x")
    for action in ("publish", "withdraw"):
        post(ada, "/workbench/rules/mine", 403, **FIELDS, action=action, banner="x", seen=1)
    post(ada, "/workbench/rules/mine/switch", 403, turn="on")
    assert 'value="publish"' not in ada.get("/workbench/rules/mine").text
    shown = bob.get("/workbench/rules/mine")
    assert shown.status_code == 200
    assert 'name="action"' not in shown.text
    assert bob.put(f"{API}/mine", json=BODY).status_code == 403
    assert ada.put(f"{API}/mine?publish=true", json=BODY).status_code == 403
    assert store.history() == []


def test_rules_by_the_api(web: FlaskClient, store: Publications) -> None:
    saved = web.put(f"{API}/mine?seen=0&note=why", json=BODY).get_json()
    assert (saved["version"], saved["live"], saved["note"]) == (1, None, "why")
    assert saved["then"] == ["say “New”"]
    published = web.put(f"{API}/mine?publish=true&seen=1", json={**BODY, "priority": 4}).get_json()
    assert published["live"]["priority"] == 4
    listed = web.get(API).get_json()
    assert [rule["name"] for rule in listed["rules"]] == ["mine"]
    assert listed["publication"] == 1
    assert web.put(f"{API}/mine?seen=1", json={**BODY, "priority": 5}).status_code == 409
    assert web.delete(f"{API}/mine").status_code == 204
    assert store.live().rules == ()
    assert web.get(f"{API}/mine").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field", "text"),
    [
        ({**BODY, "then": {"pin": [{"id": "a", "position": 0}]}}, 400, "then.pin.0.position", "whole number from 1"),
        ({**BODY, "then": {"hde": 1}}, 400, "then.hde", "there is no such field"),
        ({**BODY, "then": {"pin": [{"id": "gone", "position": 1}]}}, 422, "then.pin.0", "no longer exists"),
        ({**BODY, "name": "other"}, 422, "name", "must be mine"),
        ([], 400, "", "valid dictionary"),
    ],
)
def test_the_api_names_faults_as_the_page_does(
    web: FlaskClient, store: Publications, body: Any, status: int, field: str, text: str
) -> None:
    answer = web.put(f"{API}/mine", json=body)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    faults = answer.get_json(force=True)["faults"]
    assert [text in fault["text"] for fault in faults if fault["field"] == field] == [True]
    assert store.all(Rule) == []


def test_the_api_is_for_staff_and_no_form_of_another_site(shop: Shop, web: FlaskClient) -> None:
    stranger = web.application.test_client()
    for method in ("get", "put", "delete"):
        assert getattr(stranger, method)(f"{API}/mine", json=BODY).status_code == 401
    assert web.put(f"{API}/mine", json=BODY, headers={"Origin": "https://evil.example"}).status_code == 403
    assert web.put(f"{API}/mine", data="{}", content_type="text/plain").status_code == 415
    assert web.delete(f"{API}/mine", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
