"""The workbench's pages: save, check, publish, undo and compare, by the levels of staff."""

import json

import pytest
from flask.testing import FlaskClient

from es_mappings.configuration import Configuration
from es_mappings.rules import Rule, Then
from indexer.errors import EditConflictError
from indexer.relevance import toml_files
from indexer.relevance.publications import Publications
from indexer.relevance.query_sets import QuerySet
from tests.conftest import Shop, wait_until
from tests.live.staff import log_in, post

# Words that no other test searches for, because the shop is shared.
RULE = 'version = 1\nname = "workbench"\n\n[when]\nwords = "workbenched dress"\n\n[then]\n'
BROKEN = 'version = 1\nname = "broken"\nsimilarity_script = "return params.query +;"\n'
BANNER = RULE + 'banner = "Dresses of the workbench"\n'


@pytest.fixture
def contended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody else publish in the moment in which this one does."""

    def publish(self: Publications, author: str, **_: object) -> None:
        raise EditConflictError("bob published meanwhile (number 3, now: a sale)")

    monkeypatch.setattr(Publications, "publish", publish)


def test_it_is_for_staff_only(web: FlaskClient) -> None:
    for path in ("/workbench", "/workbench/rules", "/workbench/rules/new/file", "/workbench/compare"):
        assert web.get(path).headers["Location"].startswith("/staff/login")
    assert web.post("/workbench/rules/new/file").status_code in {400, 401}


def test_a_rule_is_published_and_undone(shop: Shop, store: Publications) -> None:
    web = log_in(shop, "ada")

    def applied() -> list[str]:
        answer = json.loads(web.get("/api/search?q=workbenched+dress&verbatim=true").text)
        return [*answer["rules"]["applied"], *answer["rules"]["banners"]]

    post(web, "/workbench/rules/new/file", action="save", text=BANNER, note="a try")
    assert "a try" in web.get("/workbench").text
    assert store.live().number == 0  # saved, not live
    post(web, "/workbench/rules/workbench/file", action="publish", text=BANNER, seen=1)
    wait_until(lambda: applied() == ["workbench", "Dresses of the workbench"], "the rule")
    assert "Dresses of the workbench" in web.get("/search?q=workbenched+dress").text
    post(web, "/workbench/undo", number=1)
    wait_until(lambda: applied() == [], "the undo")
    assert [(p.number, p.author) for p in store.history()] == [(2, "ada"), (1, "ada")]


def test_a_redirect_leads_elsewhere(shop: Shop, store: Publications) -> None:
    web = log_in(shop, "ada")
    post(web, "/workbench/rules/new/file", action="publish", text=RULE + 'redirect = "/search?q=coat"\n')
    wait_until(lambda: web.get("/search?q=workbenched+dress").status_code == 302, "the redirect")
    assert web.get("/search?q=workbenched+dress").headers["Location"] == "/search?q=coat"
    below = web.get("/search?q=workbenched+dress", environ_overrides={"SCRIPT_NAME": "/shop"})
    assert below.headers["Location"] == "/shop/search?q=coat"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (RULE + "baner = 3\n", "line 8: then.baner: there is no such field"),
        (RULE + '[[then.pin]]\nid = "gone"\nposition = 1\n', "workbench pins gone, which no longer exists"),
        (RULE + 'hide = ["price:0.."]\n', "hides all"),
        (RULE + 'redirect = "/search?q=workbenched+dresses"\n', "the redirects lead in a circle"),
    ],
)
def test_what_nobody_can_want_is_named_and_not_kept(shop: Shop, store: Publications, text: str, problem: str) -> None:
    assert problem in post(log_in(shop, "ada"), "/workbench/rules/new/file", 422, action="publish", text=text)
    assert store.history() == []


def test_the_second_of_two_editors_sees_what_changed(shop: Shop, store: Publications) -> None:
    ada, bob = log_in(shop, "ada"), log_in(shop, "bob")
    post(ada, "/workbench/rules/new/file", action="save", text=BANNER)
    post(ada, "/workbench/rules/workbench/file", action="save", text=BANNER + "# mine\nhide_ids = ['a']\n", seen=1)
    page = post(bob, "/workbench/rules/workbench/file", 422, action="save", text=BANNER, seen=1)
    assert "ada saved rule" in page
    assert "-hide_ids" in page


@pytest.mark.usefixtures("contended")
def test_what_is_saved_but_not_published_says_so(shop: Shop, store: Publications) -> None:
    web = log_in(shop, "ada")
    page = post(web, "/workbench/rules/new/file", 422, action="publish", text=BANNER)
    assert "Saved as version 1, but not published:" in page
    assert "bob published meanwhile" in page
    assert 'action="/workbench/rules/workbench/file"' in page  # it goes on from what was saved
    assert 'name="seen" value="1"' in page
    assert [version.number for version in store.versions(Rule, "workbench")] == [1]


def test_a_new_one_takes_no_name_that_is_taken(shop: Shop, store: Publications) -> None:
    web = log_in(shop, "ada")
    post(web, "/workbench/rules/new/file", action="save", text=BANNER)
    assert "ada saved rule" in post(
        web, "/workbench/rules/new/file", 422, action="save", text=BANNER + 'hide_ids = ["a"]\n'
    )
    assert [version.number for version in store.versions(Rule, "workbench")] == [1]


def test_an_undo_is_of_what_its_page_showed(shop: Shop, store: Publications) -> None:
    web = log_in(shop, "ada")
    for banner in ("one", "two"):
        store.publish("bob", rules=[Rule(name="mine", then=Then(banner=banner))])
    post(web, "/workbench/undo", number=2)
    assert "ada published meanwhile" in post(web, "/workbench/undo", 409, number=2)
    assert [rule.then.banner for rule in store.live().rules] == ["one"]


def test_levels(shop: Shop, store: Publications) -> None:
    levels = "ada:edit,bob:view"
    ada, bob = log_in(shop, "ada", levels), log_in(shop, "bob", levels)
    assert 'value="save"' not in bob.get("/workbench/rules/new/file").text
    assert 'value="publish"' not in ada.get("/workbench/rules/new/file").text
    assert "You may view here" in post(bob, "/workbench/rules/new/file", 403, action="save", text=BANNER)
    post(ada, "/workbench/rules/new/file", action="save", text=BANNER)
    for web in (ada, bob):
        post(web, "/workbench/rules/workbench/file", 403, action="publish", text=BANNER, seen=1)
        post(web, "/workbench/undo", 403)
    post(bob, "/workbench/compare", 403, text_b=BROKEN, q="dress")
    assert store.history() == []


def test_compare_shows_what_moved_and_the_draft(shop: Shop, store: Publications) -> None:
    web, liked = log_in(shop, "ada"), shop.client.search(index=shop.alias, q="title:dress")["hits"]["hits"][0]["_id"]
    same = web.get(f"/workbench/compare?a=live&b=default&q=dress&like={liked}").text
    assert "The pages share 100%" in same
    draft = 'version = 1\nname = "draft"\n[weights]\ncolor = 1\n'
    shown = post(web, "/workbench/compare", 200, text_b=draft, q="dress", like=liked)
    assert "Your draft" in shown
    assert 'data-change="new"' in shown
    assert "POST /" in shown
    many = web.get("/workbench/compare?a=live&b=default&queries=dress%0Alaptop").text
    assert "2 searches: the pages share 100%" in many
    assert web.get("/workbench/compare?b=nobody&q=dress").status_code == 422
    link = web.get("/workbench/compare", query_string={"text_b": draft, "q": "dress", "like": liked}).text
    assert "Your draft" not in link  # only a form of ours brings one
    wrong = post(web, "/workbench/compare", 422, text_b="version = 9\nname = 'x'\n", q="dress")
    assert "is of version 9" in wrong
    wrong = post(web, "/workbench/compare", 422, text_b=BROKEN, q="dress", like=liked)
    assert wrong.count("compile error") == 1  # not once for each way to sort
    assert store.history() == []


def test_a_query_set_is_saved_and_compared_on(shop: Shop, store: Publications) -> None:
    web = log_in(shop, "ada")
    text = (
        'version = 1\nname = "best"\n\n[[queries]]\nq = "dress"\nfilter = ["color:red"]\n\n[[queries]]\nq = "laptop"\n'
    )
    post(web, "/workbench/query-sets/new", action="save", text=text, note="the first")
    assert "best" in web.get("/workbench").text
    shown = web.get("/workbench/compare?set=best&queries=laptop%0Atoy").text
    assert "3 searches: the pages share 100%" in shown  # one of the typed ones is in the set
    assert "dress filter=color:red" in shown
    post(web, "/workbench/query-sets/best", 400, action="publish", text=text, seen=1)
    assert web.get("/workbench/compare?set=nobody").status_code == 422
    wrong = post(web, "/workbench/query-sets/best", 422, action="save", text=text + "words = 1\n", seen=1)
    assert "line 10: queries.1.words: there is no such field" in wrong
    assert [v.number for v in store.versions(QuerySet, "best")] == [1]


def test_compare_names_what_it_cannot_search_for(shop: Shop, store: Publications) -> None:
    store.save(toml_files.read(BROKEN, Configuration), "ada")  # as `import` does, unchecked
    web, liked = log_in(shop, "ada"), shop.client.search(index=shop.alias, q="title:dress")["hits"]["hits"][0]["_id"]
    for fields, problem in (
        ({"queries": "dress\n" * 2 + "\n".join(map(str, range(200)))}, "queries: 201 are more than 200"),
        ({"queries": "z" * 201}, "at most 200 characters"),
        ({"b": "broken", "q": "dress", "like": liked}, "refuses to search by one of them: compile error"),
    ):
        answer = web.get("/workbench/compare", query_string=fields)
        assert answer.status_code == 422
        assert problem in answer.text
