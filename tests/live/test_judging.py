"""The judging pages, and the golden set that they produce."""

import json
import re

import pytest
from flask.testing import FlaskClient

from es_mappings.product import LAYOUT
from indexer.relevance.golden import Judgement
from indexer.relevance.judgements import JudgementStore
from tests.conftest import Shop
from tests.forms import csrf_token
from webapp import create_app
from webapp.services import services
from webapp.workbench.pools import make_pools


def _log_in(shop: Shop, name: str) -> FlaskClient:
    web = create_app(shop.settings).test_client()
    assert shop.settings.staff
    passwords = dict(pair.split(":") for pair in shop.settings.staff.get_secret_value().split(","))
    _post(web, "/staff/login", "/staff/login", name=name, password=passwords[name])
    return web


def _post(web: FlaskClient, seen_on: str, path: str, status: int = 303, **fields: object) -> str:
    token = csrf_token(web.get(seen_on).text)
    answer = web.post(path, data={"csrf_token": token, **fields})
    assert answer.status_code == status, answer.text
    return answer.text


def _pair(web: FlaskClient) -> tuple[str, str]:
    page = web.get("/lab/judge").text
    fields = [re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("anchor", "candidate")]
    assert all(fields), page
    return fields[0][1], fields[1][1]  # type: ignore[index]


@pytest.fixture
def store(shop: Shop) -> JudgementStore:
    """Return a store without judgements."""
    store = JudgementStore(shop.index)
    shop.client.options(ignore_status=404).indices.delete(index=[store.index, store.pool_index])
    return store


def test_it_is_for_staff_only(web: FlaskClient) -> None:
    for path in ("/lab", "/lab/judge", "/lab/judgements.jsonl"):
        answer = web.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/staff/login")
    for path in ("/lab/judge", "/lab/undo", "/lab/pools"):
        assert web.post(path).status_code in {400, 401}


def test_two_judges(shop: Shop, store: JudgementStore) -> None:
    ada, bob = _log_in(shop, "ada"), _log_in(shop, "bob")
    assert "0 of 0" in ada.get("/lab").text
    store.put_pools({"dress-00000": []})  # of an earlier draw, which the next one replaces
    _post(ada, "/lab", "/lab/pools", anchors=2)
    pools = store.pools()
    assert len(pools) == 2
    pairs = [(anchor, candidate) for anchor, candidates in pools.items() for candidate in candidates]

    seen: dict[str, list[tuple[str, str]]] = {"ada": [], "bob": []}
    for name, web in (("ada", ada), ("bob", bob)):
        for number in range(len(pairs)):
            anchor, candidate = _pair(web)
            seen[name].append((anchor, candidate))
            grade = number % 4 if name == "ada" else 3
            _post(web, "/lab/judge", "/lab/judge", anchor=anchor, candidate=candidate, grade=grade)
    assert sorted(seen["ada"]) == sorted(seen["bob"]) == sorted(pairs)
    assert seen["ada"] != seen["bob"]  # each in an order of their own
    assert ada.get("/lab/judge").headers["Location"] == "/lab"

    lines = [json.loads(line) for line in ada.get("/lab/judgements.jsonl").text.splitlines()]
    judgements = [Judgement.model_validate(line) for line in lines]
    assert judgements == list(store.all())
    assert {(j.anchor, j.candidate): j.grade for j in judgements if j.judge == "ada"} == {
        pair: number % 4 for number, pair in enumerate(seen["ada"])
    }
    overview = ada.get("/lab").text
    assert "You have judged every pair." in overview
    assert f"<td>{len(pairs)}</td>" in overview


def test_undo_brings_the_pair_back(shop: Shop, store: JudgementStore) -> None:
    web = _log_in(shop, "ada")
    _post(web, "/lab", "/lab/pools", anchors=1)
    first = _pair(web)
    _post(web, "/lab/judge", "/lab/judge", anchor=first[0], candidate=first[1], grade=2)
    second = _pair(web)
    assert second != first
    _post(web, "/lab/judge", "/lab/undo")
    assert _pair(web) == first
    assert list(store.all()) == []
    _post(web, "/lab/judge", "/lab/undo")  # nothing left to undo


@pytest.mark.parametrize("wrong", [{"grade": 4}, {"grade": ""}, {"candidate": ""}, {"candidate": "a/../b"}])
def test_an_invalid_judgement_is_refused(shop: Shop, store: JudgementStore, wrong: dict[str, object]) -> None:
    web = _log_in(shop, "ada")
    fields = {"anchor": "dress-1", "candidate": "dress-2", "grade": 1} | wrong
    assert next(iter(wrong)) in _post(web, "/lab", "/lab/judge", 400, **fields)
    assert "anchors" in _post(web, "/lab", "/lab/pools", 400, anchors=0)
    assert list(store.all()) == []


def test_pools_hold_what_each_aspect_finds(shop: Shop) -> None:
    with create_app(shop.settings).app_context():
        [(anchor, pool)] = make_pools(services().index, services().navigation, 1, seed=5).items()
    web = create_app(shop.settings).test_client()
    for aspect in LAYOUT.names:
        weights = [f"{name}:{int(name == aspect)}" for name in LAYOUT.names]
        answer = web.get("/api/search", query_string={"like": anchor, "weight": weights, "size": 6, "mode": "blend"})
        assert {p["id"] for p in answer.get_json()["products"]} <= set(pool)
    assert anchor not in pool
    assert len(pool) == len(set(pool))
