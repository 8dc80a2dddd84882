"""Judging products of keyword queries, and the golden set that comes of it."""

import re
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from evaluation import golden_sets
from evaluation.compare import read_queries
from indexer.errors import EditConflictError
from indexer.relevance.golden import QueryJudgement, merge, read_judgements
from indexer.relevance.publications import Publications
from indexer.relevance.query_judgements import QueryJudgementStore
from indexer.relevance.query_sets import QuerySet, SavedQuery
from tests.conftest import Shop
from tests.forms import csrf_token
from tests.live.staff import log_in


@pytest.fixture(scope="module")
def judges(shop: Shop) -> tuple[FlaskClient, FlaskClient]:
    """Log two judges in."""
    return log_in(shop, "ada"), log_in(shop, "bob")


@pytest.fixture
def store(shop: Shop) -> QueryJudgementStore:
    """Return a store without judgements, of a shop in which nothing was published."""
    store = QueryJudgementStore(shop.index)
    for name in (store.index, Publications(shop.index).index):  # of several, one that is missing keeps the others
        shop.client.options(ignore_status=404).indices.delete(index=name)
    return store


def _post(web: FlaskClient, path: str, status: int = 303, **fields: object) -> str:
    token = csrf_token(web.get("/lab/queries").text)
    answer = web.post(path, data={"csrf_token": token, **fields})
    assert answer.status_code == status, answer.text
    return answer.text


def _next(web: FlaskClient) -> tuple[str, str]:
    page = web.get("/lab/queries/judge").text
    fields = [re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("query", "candidate")]
    assert all(fields), page
    return unescape(fields[0][1]), fields[1][1]  # type: ignore[index]


def test_it_is_for_staff_only(web: FlaskClient) -> None:
    for path in ("/lab/queries", "/lab/queries/judge", "/lab/queries/judgements.jsonl"):
        assert web.get(path).headers["Location"].startswith("/staff/login")
    for path in ("/lab/queries/judge", "/lab/queries/undo", "/lab/queries/pools", "/lab/queries/guidelines"):
        assert web.post(path).status_code in {400, 401}


def test_two_judges_make_a_golden_set(
    shop: Shop, judges: tuple[FlaskClient, FlaskClient], store: QueryJudgementStore, tmp_path: Path
) -> None:
    ada, bob = judges
    saved = [SavedQuery(q="midi dress"), SavedQuery(q="dress", filter=("color:red",))]
    Publications(shop.index).save(QuerySet(name="best", queries=tuple(saved)), "ada")
    _post(ada, "/lab/queries/pools", a="live", b="default", set="best", queries="striped dress\n")
    pools = store.pools()
    assert list(pools) == ["midi dress", "striped dress"]  # judgements are of words, not of filters
    assert all(len(ids) == len(set(ids)) > 0 for ids in pools.values())
    pairs = sorted((query, product) for query, ids in pools.items() for product in ids)

    seen = dict[str, list[tuple[str, str]]]()
    for name, web in (("ada", ada), ("bob", bob)):
        seen[name] = []
        for number in range(len(pairs)):
            query, candidate = _next(web)
            seen[name].append((query, candidate))
            grade = number % 4 if name == "ada" else 3
            note = "" if grade else "no stripes"
            _post(web, "/lab/queries/judge", query=query, candidate=candidate, grade=grade, note=note)
        assert web.get("/lab/queries/judge").headers["Location"] == "/lab/queries"
    assert sorted(seen["ada"]) == sorted(seen["bob"]) == pairs
    assert seen["ada"] != seen["bob"]  # each in an order of their own

    overview = ada.get("/lab/queries").text
    assert "You have judged every product." in overview
    assert "0 by ada: no stripes" in overview  # next to bob's 3
    file = tmp_path / "judged.jsonl"
    file.write_text(ada.get("/lab/queries/judgements.jsonl").text)
    judgements = read_judgements(file)
    assert judgements == list(store.all())
    assert all(isinstance(judgement, QueryJudgement) for judgement in judgements)
    queries, grades = read_queries(file)
    assert [query.q for query in queries] == ["midi dress", "striped dress"]
    assert grades == merge(judgements)
    # The comparison page measures by them, and so does the command.
    page = ada.get("/workbench/compare", query_string={"queries": "midi dress\nstriped dress"}).text
    assert "by 2 judged searches" in page
    exported = tmp_path / "exported.jsonl"
    result = CliRunner().invoke(golden_sets.command, ["export", "--out", str(exported)])
    assert result.exit_code == 0, result.output
    assert read_judgements(exported)[-len(judgements) :] == judgements


def test_undo_brings_the_product_back(
    judges: tuple[FlaskClient, FlaskClient], store: QueryJudgementStore, shop: Shop
) -> None:
    web, _ = judges
    store.put_pools({"dress": ["dress-00001", "dress-00003"]}, "ada")
    first = _next(web)
    _post(web, "/lab/queries/judge", query=first[0], candidate=first[1], grade=2)
    assert _next(web) != first
    _post(web, "/lab/queries/undo")
    assert _next(web) == first
    assert list(store.all()) == []


def test_guidelines_are_changed_by_one_person_at_a_time(
    judges: tuple[FlaskClient, FlaskClient], store: QueryJudgementStore
) -> None:
    ada, bob = judges
    assert "3 Exactly" in ada.get("/lab/queries").text
    _post(ada, "/lab/queries/guidelines", text="Judge <b>shape</b> first.", seen=0)
    store.put_pools({"dress": ["dress-00001"]}, "ada")
    assert "Judge &lt;b&gt;shape&lt;/b&gt; first." in bob.get("/lab/queries/judge").text
    second = _post(bob, "/lab/queries/guidelines", 422, text="Judge colour first.", seen=0)
    assert "ada changed the guidelines meanwhile" in second
    assert "Judge colour first." in second  # what bob wrote isn't lost
    with pytest.raises(EditConflictError):
        store.put_guidelines("Anything", "bob", expected=0)
    assert store.guidelines().text == "Judge <b>shape</b> first."


@pytest.mark.parametrize(
    ("path", "fields", "status", "problem"),
    [
        ("judge", {"grade": 4}, 400, "grade"),
        ("judge", {"candidate": "a/../b"}, 400, "candidate"),
        ("judge", {"query": " "}, 400, "query"),
        ("judge", {"note": "n" * 501}, 400, "note"),
        ("pools", {"queries": " \n"}, 422, "queries: name at least one search of words"),
        ("pools", {"queries": "z" * 201}, 422, "queries"),
        ("pools", {"queries": "dress", "a": "nobody"}, 422, "there is no configuration &#39;nobody&#39;"),
        ("pools", {"queries": "dress", "set": "nobody"}, 422, "nobody"),
        ("guidelines", {"text": " "}, 422, "guidelines: must have"),
    ],
)
def test_what_is_wrong_is_named_and_not_kept(
    judges: tuple[FlaskClient, FlaskClient],
    store: QueryJudgementStore,
    path: str,
    fields: dict[str, object],
    status: int,
    problem: str,
) -> None:
    right = {"judge": {"query": "dress", "candidate": "dress-1", "grade": 1}}.get(path, {})
    assert problem in _post(judges[0], f"/lab/queries/{path}", status, **(right | fields))
    assert list(store.all()) == []
    assert store.pools() == {}
    assert store.guidelines().number == 0
