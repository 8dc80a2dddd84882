"""Comparing configurations: several sides, another index, explanations, raw requests, many searches in pieces."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from es_mappings.configuration import Configuration
from es_mappings.rules import Rule, Then
from indexer.elastic.product_index import ProductIndex
from indexer.errors import RelevanceError
from indexer.relevance.publications import Publications
from tests.conftest import Shop, wait_until
from tests.live.staff import log_in, post
from webapp.services import comparisons

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def web(shop: Shop) -> FlaskClient:
    """Log a member of staff in."""
    return log_in(shop, "ada")


@pytest.fixture
def kept(shop: Shop) -> Iterator[str]:
    """Return an index of the shop that holds some dresses and nothing else, one of them deleted."""
    index = shop.index
    name = index.new_name()
    index.create(name, index.space(), aliases={f"{shop.alias}-trial": {}})
    found = index.search(q="title:dress", size=5, source=False)["hits"]["hits"]
    ids = [hit["_id"] for hit in found]
    query = {"ids": {"values": ids}}
    shop.client.reindex(source={"index": shop.alias, "query": query}, dest={"index": name}, refresh=True)
    shop.client.update(index=name, id=ids[0], doc={"deleted_at": "2026-01-01T00:00:00Z"}, refresh=True)
    yield name
    shop.client.options(ignore_status=404).indices.delete(index=name)


def _compare(web: FlaskClient, status: int = 200, **query: object) -> str:
    answer = web.get("/workbench/compare", query_string=query)
    assert answer.status_code == status, answer.text
    return answer.text


def _ids(page: str, letter: str) -> list[str]:
    """Return the products of one side, in order, by their links to the explanation."""
    links = (unescape(link) for link in re.findall(r'data-explain="([^"]+)"', page))
    return [re.search(r"[?&]id=([^&]+)", link)[1] for link in links if f"side={letter}&" in link]  # type: ignore[index]


def test_an_index_of_the_shop_is_searched_instead_of_the_live_one(
    web: FlaskClient, shop: Shop, store: Publications, kept: str
) -> None:
    store.save(Configuration(name="trial", index=f"{shop.alias}-trial"), "ada")
    page = _compare(web, a="live", b="trial", q="dress")
    found = _ids(page, "b")
    assert len(found) == 4  # not the deleted one
    assert f"in {kept}" in page
    # Its own vectors are compared, and what stands there is explained from it.
    liked = _compare(web, a="live", b="trial", like=found[0])
    assert set(_ids(liked, "b")) == set(found[1:])
    query = {"a": "live", "b": "trial", "q": "dress", "side": "b", "id": found[0]}
    explained = web.get("/workbench/compare/explain", query_string=query)
    assert "<td>title</td>" in explained.text
    many = _compare(web, a="live", b="trial", queries="dress\nmidi dress")
    assert re.search(r"2 searches: .* [12] find another number of products", many)


@pytest.mark.parametrize("name", ["nobody", "test-somebody-else", "kibana", ".security-7"])
def test_an_index_that_is_none_of_the_shop_is_named(
    web: FlaskClient, shop: Shop, store: Publications, name: str
) -> None:
    text = f'version = 1\nname = "stranger"\nindex = "{name}"\n'
    wrong = post(web, "/workbench/compare", 422, text_b=text, q="dress")
    assert "index" in wrong
    assert "is no product index of this shop; there are: " in wrong or "line 3: index" in wrong
    if not name.startswith("."):
        store.save(Configuration(name="stranger", index=name), "ada")
        assert "is no product index of this shop" in _compare(web, 422, b="stranger", q="dress")
        with pytest.raises(RelevanceError, match="is no product index of this shop"):
            store.publish("ada", configuration=Configuration(name="stranger", index=name))
    assert store.history() == []


def test_only_an_index_of_the_same_mapping_is_published(
    web: FlaskClient, shop: Shop, store: Publications, kept: str
) -> None:
    configuration = Configuration(name="trial", index=kept)
    store.publish("ada", configuration=configuration)

    def total() -> int:
        return int(json.loads(web.get("/api/search?q=dress&size=2").text)["total"]["value"])

    wait_until(lambda: total() == 4, "the other index")
    first = json.loads(web.get("/api/search?q=dress&size=2").text)
    second = json.loads(web.get(f"/api/search?q=dress&size=2&cursor={first['next_cursor']}").text)
    assert len({p["id"] for page in (first, second) for p in page["products"]}) == 4
    shop.client.indices.delete(index=kept)
    wait_until(lambda: total() > 4, "the live index, as the other one is gone")
    store.publish("ada", configuration=Configuration(name="next"))
    assert store.undo("bob").configuration == configuration  # an undo is never refused
    other = ProductIndex(shop.client, shop.alias).new_name()
    shop.client.indices.create(index=other, mappings={"properties": {"title": {"type": "keyword"}}})
    try:
        with pytest.raises(RelevanceError, match=r"has another mapping than .*field title.*can be compared, but not"):
            store.publish("ada", configuration=Configuration(name="old", index=other))
    finally:
        shop.client.indices.delete(index=other)
    assert len(store.history()) == 3


def test_a_configuration_has_synonyms_of_its_own(web: FlaskClient, shop: Shop, store: Publications) -> None:
    store.save(Configuration(name="words", synonyms="none", synonym_rules=("zzgown => dress",)), "ada")
    page = _compare(web, a="words", b="words", q="zzgown")
    assert _ids(page, "b") == _ids(_compare(web, q="dress"), "a")


def test_each_word_adds_to_the_score_by_its_fields(web: FlaskClient, shop: Shop, store: Publications) -> None:
    store.save(Configuration(name="titles", keyword_boosts={"title": 6, "description": 1}), "ada")
    page = _compare(web, a="live", b="titles", q="striped dress")
    ids = _ids(page, "b")[:10]
    query = {"a": "live", "b": "titles", "q": "striped dress", "side": "b", "id": ids}
    answer = web.get("/workbench/compare/explain", query_string=query, headers=JSON).get_json()
    assert [product["id"] for product in answer] == ids
    for product in answer:
        assert sum(part["score"] for part in product["keywords"]) == pytest.approx(product["score"], rel=1e-3)
        assert {part["field"] for part in product["keywords"]} <= {"title", "description"}
        assert {part["boost"] for part in product["keywords"] if part["field"] == "title"} == {6.0}
        assert {part["term"] for part in product["keywords"]} == {"striped", "dress"}
    likes = {"like": ids[0], "side": "a", "id": _ids(_compare(web, like=ids[0]), "a")[0]}
    [similar] = web.get("/workbench/compare/explain", query_string=likes, headers=JSON).get_json()
    assert set(similar["why"]["anchors"]) == {ids[0]}
    assert (1 + sum(similar["why"]["aspects"].values())) / 2 == pytest.approx(similar["similarity"], abs=1e-3)
    part = web.get("/workbench/compare/explain", query_string={**query, "part": "1"}).text
    assert "<html" not in part
    assert part.count("<caption>Keywords") == len(ids)


def test_rules_are_among_the_reasons(web: FlaskClient, shop: Shop, store: Publications) -> None:
    pinned = shop.index.search(q="title:laptop", size=1, source=False)["hits"]["hits"][0]["_id"]
    rule = {"pin": [{"id": pinned, "position": 1}], "boost": [{"filter": "category:Dresses", "factor": 3}]}
    store.publish("ada", rules=[Rule(name="first", then=Then.model_validate(rule))])
    ids = _ids(_compare(web, q="dress"), "a")
    assert ids[0] == pinned
    query = {"q": "dress", "side": "a", "id": ids[:2]}
    one, two = web.get("/workbench/compare/explain", query_string=query, headers=JSON).get_json()
    assert (one["pinned_by"], one["boosts"]) == ("first", [])
    assert (two["pinned_by"], two["boosts"]) == ("", [{"rule": "first", "factor": 3.0}])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"side": "e"}, "side: must be one of a, b"),
        ({"id": "gone"}, "id: 'gone' is not on this page any more"),
        ({"id": []}, "id: from 1 to 10 products"),
        ({"a": "nobody"}, "there is no configuration 'nobody'"),
        ({"filter": "color"}, "filter"),
    ],
)
def test_what_cannot_be_explained_is_named(
    web: FlaskClient, shop: Shop, store: Publications, query: dict[str, Any], problem: str
) -> None:
    asked = {"q": "dress", "id": "dress-00001", **query}
    answer = web.get("/workbench/compare/explain", query_string=asked)
    assert answer.status_code == 422
    assert problem in unescape(answer.text)
    assert web.get("/workbench/compare/explain", query_string=asked, headers=JSON).status_code == 422


def test_a_draft_is_explained_without_being_saved(web: FlaskClient, shop: Shop, store: Publications) -> None:
    draft = 'version = 1\nname = "draft"\n[keyword_boosts]\ndescription = 2\n'
    page = post(web, "/workbench/compare", 200, text=draft, q="dress")
    assert "Change your draft, and try it here" in page
    assert "text_b=" not in page.replace('name="text_b"', "")
    [first, *_] = re.findall(r'form="explain-draft" name="id" value="([^"]+)"', page)
    shown = post(web, "/workbench/compare/explain", 200, text_b=draft, q="dress", side="b", id=first)
    assert "Under Your draft" in shown
    assert "<td>description</td><td>2</td>" in shown
    assert store.history() == []
    assert store.all(Configuration) == []


def test_a_draft_does_not_replace_what_a_colleague_saved_meanwhile(
    web: FlaskClient, shop: Shop, store: Publications
) -> None:
    store.save(Configuration(name="mine"), "ada")
    assert 'name="seen" value="1"' in _compare(web, a="live", b="mine", q="dress")
    store.save(Configuration(name="mine", relevance=0.3), "bob")
    draft = {"b": "mine", "q": "dress", "text": 'version = 1\nname = "mine"\nmode = "blend"\n'}
    page = post(web, "/workbench/compare", 200, seen=1, **draft)
    assert set(re.findall(r'name="seen" value="(\d+)"', page)) == {"1"}
    opened = post(web, "/workbench/configurations/mine", 200, action="check", seen=1, text=draft["text"])
    assert 'name="seen" value="1"' in opened
    refused = post(web, "/workbench/configurations/mine", 422, action="save", seen=1, text=draft["text"])
    assert "relevance = 0.3" in refused  # what differs
    assert store.get(Configuration, "mine").relevance == 0.3


def test_up_to_four_stand_side_by_side(web: FlaskClient, shop: Shop, store: Publications) -> None:
    store.save(Configuration(name="described", keyword_boosts={"description": 1}), "ada")
    assert "Each side is the same configuration" in _compare(web, q="midi dress")  # live next to itself
    page = _compare(web, a="live", b="default", c="described", d="live", q="midi dress")
    assert "Each side is the same configuration" not in page
    assert re.findall(r'id="side-(\w)"', page) == ["a", "b", "c", "d"]
    assert page.count("Shares 100% with live.") == 2
    assert _ids(page, "a") == _ids(page, "d")
    many = _compare(web, a="live", b="default", c="described", queries="midi dress\nlaptop")
    assert "2 searches, each next to live" in many
    assert '<th scope="colgroup" colspan="6">described</th>' in many


def test_raw_requests_find_what_the_page_shows(web: FlaskClient, shop: Shop, store: Publications, kept: str) -> None:
    store.save(Configuration(name="trial", index=kept), "ada")
    liked = shop.index.search(q="title:toy", size=1, source=False)["hits"]["hits"][0]["_id"]
    for query in ({"q": "dress"}, {"like": liked}, {"q": "dress", "like": liked}):
        page = _compare(web, a="live", b="trial", **query)
        for letter in "ab":
            [text] = re.findall(rf'<pre[^>]*id="raw-{letter}-Kibana"[^>]*>(.*?)</pre>', page, re.DOTALL)
            line, _, body = unescape(text).partition("\n")
            method, path = line.split()
            answer = shop.client.perform_request(
                method,
                path,
                headers={"Content-Type": "application/json", **JSON},
                body=json.loads(body),
            )
            assert [hit["_id"] for hit in answer["hits"]["hits"]] == _ids(page, letter)


def test_many_searches_are_done_in_pieces(
    web: FlaskClient, shop: Shop, store: Publications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "PIECE_SECONDS", 0.0)
    query = {"queries": "floral dress\nlaptop", "like": "", "b": "default"}
    first = web.get("/workbench/compare", query_string=query)
    assert "1 of 2 searches are done" in first.text
    assert first.headers["Refresh"] == "1"
    second = web.get("/workbench/compare", query_string=query)
    assert "2 searches: the pages share 100%" in second.text
    assert "Refresh" not in second.headers
    draft = {"text_b": 'version = 1\nname = "draft"\nrelevance = 0.1\n', "queries": "floral dress\nlaptop"}
    page = post(web, "/workbench/compare", 200, **draft)
    assert "1 of 2 searches are done" in page
    assert 'value="version = 1' in page  # the next piece brings the draft again
    assert "2 searches: the pages share 100%" in post(web, "/workbench/compare", 200, **draft)
