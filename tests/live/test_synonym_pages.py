"""Synonyms in the workbench: what a change would do, who may make it, its history and its undoing."""

from html import unescape

import pytest
from flask.testing import FlaskClient

from indexer import synonyms
from indexer.errors import EditConflictError
from indexer.relevance.changes import Change
from indexer.relevance.publications import Publications
from indexer.relevance.query_sets import QuerySet
from indexer.synonyms import Rule
from tests.conftest import Shop, wait_until
from tests.live.staff import log_in, post

PAGE = "/workbench/synonyms"


def _newest(shop: Shop) -> Change | None:
    return next(iter(synonyms.history(shop.index).latest(1)), None)


def test_a_change_is_seen_saved_and_undone(shop: Shop, word: str) -> None:
    web = log_in(shop, "ada")
    assert f'value="{word}"' in web.get(f"{PAGE}?words={word}").text
    page = unescape(web.get(f"{PAGE}/change", query_string={"rule": f"{word} => dress"}).text)
    assert f"“{word}”: 0 → " in page
    assert "Enter the first page" in page
    assert 'src="/pictures/' in page
    assert not [rule for rule in synonyms.read(shop.index) if word in str(rule)]

    def found() -> int:
        return int(web.get(f"/api/search?q={word}&verbatim=true").get_json()["total"]["value"])

    assert found() == 0
    post(web, f"{PAGE}/change", rule=f"{word} => dress", action="save", note="asked for")
    wait_until(lambda: found() > 0, "the synonym")
    listed = web.get(f"{PAGE}?find={word}").text
    assert word in listed
    assert "asked for" in listed
    change = _newest(shop)
    assert change
    assert (change.author, change.added, change.removed) == ("ada", (f"{word} => dress",), ())
    assert f"Undoing change {change.number} removes {word} => dress." in unescape(listed)
    post(web, f"{PAGE}/undo", number=change.number)
    assert f"Undone; removed again: {word} => dress." in unescape(web.get(f"{PAGE}?kept=undo").text)
    wait_until(lambda: found() == 0, "the undo")
    post(web, f"{PAGE}/undo", 409, number=change.number)  # it is no longer the newest


def test_an_edit_replaces_and_a_removal_removes(shop: Shop, word: str) -> None:
    web, old, new = log_in(shop, "ada"), f"{word}, dress", f"{word}, toy"
    post(web, f"{PAGE}/change", rule=old, action="save")
    page = unescape(web.get(f"{PAGE}/change", query_string={"old": old, "rule": new}).text)
    assert "Enter the first page" in page
    assert "Leave the first page" in page
    post(web, f"{PAGE}/change", old=old, rule=new, action="save")
    assert [str(rule) for rule in synonyms.read(shop.index) if word in str(rule)] == [new]
    page = post(web, f"{PAGE}/change", 422, old=old, rule=f"{word}, laptop", action="save")  # bob had it open, too
    assert "ada changed it" in unescape(page)
    post(web, f"{PAGE}/change", old=new, rule=new, action="remove")
    assert not [rule for rule in synonyms.read(shop.index) if word in str(rule)]
    change = _newest(shop)
    assert change
    assert change.removed == (new,)


def test_what_is_no_rule_is_named(shop: Shop) -> None:
    web = log_in(shop, "ada")
    for text in ("frock", "=> dress", "a" * 600):
        assert web.get(f"{PAGE}/change", query_string={"rule": text}).status_code == 422
        assert "is no rule" in unescape(post(web, f"{PAGE}/change", 422, rule=text, action="save"))
    assert "write the words first" in post(web, f"{PAGE}/change", 422, action="save")


def test_a_change_is_tried_on_a_query_set(shop: Shop, word: str) -> None:
    web, store = log_in(shop, "ada"), Publications(shop.index)
    saved = QuerySet.model_validate({"name": word, "queries": [{"q": f"{word} red"}, {"q": "laptop"}]})
    store.save(saved, "ada")
    query = {"rule": f"{word}, dress", "set": word, "queries": f"blue {word}\nred laptop"}
    page = unescape(web.get(f"{PAGE}/change", query_string=query).text)
    store.delete(QuerySet, word, "ada")
    assert "4 searches: 2 would be searched as something else; 2 would stay as they are." in page
    assert f"“{word} red”: 0 → " in page
    assert f"“blue {word}”: 0 → " in page


def test_levels(shop: Shop, word: str) -> None:
    ada = log_in(shop, "ada", "ada:edit")
    shown = ada.get(f"{PAGE}/change", query_string={"rule": f"{word}, dress"})
    assert shown.status_code == 200
    assert 'value="save"' not in shown.text
    post(ada, f"{PAGE}/change", 403, rule=f"{word}, dress", action="save")
    post(ada, f"{PAGE}/undo", 403, number=1)
    stranger: FlaskClient = ada.application.test_client()
    assert stranger.get(PAGE).headers["Location"].startswith("/staff/login")


def test_a_change_that_changes_nothing_is_not_written_down(shop: Shop, word: str) -> None:
    rule, index = Rule.parse(f"{word}, dress"), shop.index
    assert synonyms.change(index, [rule], author="ada")
    before = _newest(shop)
    assert synonyms.change(index, [rule], author="bob") is None
    assert _newest(shop) == before
    with pytest.raises(EditConflictError):
        synonyms.replace_rule(index, Rule.parse(f"{word}, gown"), None, author="bob")
