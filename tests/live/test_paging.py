"""Pages of one result stay one result, whatever is written meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk
from flask.testing import FlaskClient

from es_mappings import planner
from es_mappings.product import LAYOUT
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from search.neighbourhoods import PAGE
from tests.live.shopping import search, walk
from webapp import create_app

PRODUCTS, WITHOUT_VECTOR = 10_000, 150
_TIES = 2 * PAGE  # products among which several likes may tie


@pytest.fixture(scope="module")
def large(settings: Settings, client: Elasticsearch) -> Iterator[str]:
    """Return an index of 10,000 products: random vectors, each of three products, and some without one."""
    with _index(client, f"{settings.index_name}-large") as alias:
        yield alias


@pytest.fixture(scope="module")
def changing(settings: Settings, client: Elasticsearch) -> Iterator[str]:
    """Return another such index, whose products tests may change."""
    with _index(client, f"{settings.index_name}-changing") as alias:
        yield alias


@contextmanager
def _index(client: Elasticsearch, alias: str) -> Iterator[str]:
    ProductIndex(client, alias).create(f"{alias}-1", "random", aliases={alias: {}})
    random = np.random.default_rng(3)

    def actions() -> Iterator[dict[str, object]]:
        vector = np.empty(0, np.float32)
        for number in range(PRODUCTS):
            if number % 3 == 0:
                parts = {a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects}
                vector = LAYOUT.compose(parts)
            body = {"id": f"p{number}", "title": f"Product {number}", "price": number % 7, "brand": f"{number % 5}"}
            body |= {"style": f"s{number // 2}", "in_stock": number % 4 > 0}
            body |= {"vector": vector} if number < PRODUCTS - WITHOUT_VECTOR else {}
            yield {"_index": alias, "_id": f"p{number}", **body}

    bulk(client, actions(), chunk_size=1_000, refresh=True)
    yield alias
    client.indices.delete(index=f"{alias}-1")


@pytest.fixture
def _neighbours_from_1_000(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let kNN serve several likes from 1,000 matches on."""
    lower = planner.Thresholds(exact_matches=1_000, exact_matches_several=1_000)
    defaults = {**(planner.plan.__kwdefaults__ or {}), "thresholds": lower}
    monkeypatch.setattr(planner.plan, "__kwdefaults__", defaults)
    monkeypatch.setattr(planner, "Thresholds", lambda: lower)


def _pages(web: FlaskClient, size: int, **arguments: object) -> list[dict[str, Any]]:
    answer = search(web, **arguments, size=100)
    answers = [answer]
    while answer["next_cursor"]:
        answers.append(answer := search(web, **arguments, size=size, cursor=answer["next_cursor"]))
    return answers


def _similarities(answers: list[dict[str, Any]]) -> list[float]:
    return [product["similarity"] for answer in answers for product in answer["products"]]


def _ids(answers: list[dict[str, Any]]) -> list[str]:
    return [product["id"] for answer in answers for product in answer["products"]]


@pytest.mark.usefixtures("_neighbours_from_1_000")
@pytest.mark.parametrize("arguments", [{"like": ["p1", "p20"], "mode": "any"}, {"like": "p5", "dislike": "p9"}])
def test_pages_go_on_beyond_the_neighbours_in_true_order_to_the_end(
    settings: Settings, large: str, arguments: dict[str, object]
) -> None:
    web = create_app(settings.model_copy(update={"index_name": large})).test_client()
    answers, exact = _pages(web, 93, **arguments), _pages(web, 100, **arguments, strategy="exact")
    assert [answer["plan"]["strategy"] for answer in answers[:3]] == ["knn", "knn", "exact"]
    found, expected = _similarities(answers), _similarities(exact)
    # The last that each like has on the first page tie, because they bring the likes to one scale: rounding decides.
    assert sorted(found[:_TIES]) == pytest.approx(sorted(expected[:_TIES]), abs=2e-4)
    assert found[_TIES:] == pytest.approx(expected[_TIES:], abs=2e-4)
    assert sorted(_ids(answers)) == sorted(_ids(exact))
    assert answers[0]["total"]["value"] == len(_ids(answers)) == PRODUCTS - 2
    assert {str(answer["facets"]) for answer in answers} == {str(exact[0]["facets"])}
    assert answers[0]["facets"]["brand"]


@pytest.mark.usefixtures("_neighbours_from_1_000")
def test_products_without_a_vector_follow_those_with_one(settings: Settings, large: str) -> None:
    web = create_app(settings.model_copy(update={"index_name": large})).test_client()
    walked = walk(web, like="p5", size=100)
    assert {p["id"] for p in walked[-WITHOUT_VECTOR:]} == {f"p{n}" for n in range(PRODUCTS - WITHOUT_VECTOR, PRODUCTS)}
    assert {p["similarity"] for p in walked[-WITHOUT_VECTOR:]} == {0.0}


@pytest.mark.usefixtures("_neighbours_from_1_000")
@pytest.mark.parametrize("arguments", [{"group": "true"}, {"diversity": 0.5}, {"min_match": 54}])
def test_what_else_shapes_a_listing_reaches_beyond_the_neighbours(
    settings: Settings, large: str, arguments: dict[str, object]
) -> None:
    web = create_app(settings.model_copy(update={"index_name": large})).test_client()
    by_neighbours, exact = (_pages(web, 100, like="p5", **arguments, **way) for way in ({}, {"strategy": "exact"}))
    assert by_neighbours[0]["plan"]["strategy"] == "knn"
    assert _ids(by_neighbours) == _ids(exact)
    assert len(_ids(exact)) > planner.Thresholds().knn_depth
    assert by_neighbours[0]["total"] == exact[0]["total"]
    assert by_neighbours[0]["facets"] == exact[0]["facets"]


@pytest.mark.parametrize("arguments", [{"like": ["p1", "p20"], "mode": "any"}, {"like": "p5"}, {"sort": "price"}])
def test_a_walk_under_updates_sees_each_product_once(
    settings: Settings, client: Elasticsearch, changing: str, arguments: dict[str, object]
) -> None:
    web = create_app(settings.model_copy(update={"index_name": changing})).test_client()
    done = threading.Event()
    writer = threading.Thread(target=_write, args=(ProductIndex(client, changing), done))
    writer.start()
    try:
        products = walk(web, **arguments, size=100)
    finally:
        done.set()
        writer.join()
    seen = [p["id"] for p in products]
    similarities = [p["similarity"] or 0.0 for p in products]
    likes = arguments.get("like", [])
    anchors = {likes} if isinstance(likes, str) else set(likes)  # type: ignore[call-overload]
    assert len(seen) == len(set(seen))
    assert {i for i in seen if i.startswith("p")} == {f"p{n}" for n in range(PRODUCTS)} - anchors
    if isinstance(likes, str):  # several likes share each page, whichever is nearer to its neighbours
        assert similarities == sorted(similarities, reverse=True)


def _write(index: ProductIndex, done: threading.Event) -> None:
    """Change vectors and prices, add and delete products, as fast as Elasticsearch takes them."""
    random = np.random.default_rng(4)
    number = 0
    while not done.is_set():
        number += 1
        parts = {a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects}
        change = {"vector": LAYOUT.compose(parts), "price": int(random.integers(0, 9))}
        index.client.update(index=index.name, id=f"p{random.integers(10, PRODUCTS)}", doc=change, retry_on_conflict=3)
        index.client.index(
            index=index.name, id=f"new{number}", document={"id": f"new{number}", "title": "New", **change}
        )
        if number % 20 == 0:
            index.client.options(ignore_status=404).delete(index=index.name, id=f"new{number - 10}")
            index.refresh()


def test_an_expired_cursor_says_so(settings: Settings, client: Elasticsearch, large: str) -> None:
    web = create_app(settings.model_copy(update={"index_name": large})).test_client()
    cursor = web.get("/api/search?like=p1").get_json()["next_cursor"]
    assert web.get("/api/search", query_string={"like": "p1", "cursor": cursor}).status_code == 200
    client.indices.close(index=f"{large}-1")
    client.indices.open(index=f"{large}-1")
    client.cluster.health(index=large, wait_for_status="yellow")
    answer = web.get("/api/search", query_string={"like": "p1", "cursor": cursor})
    assert answer.status_code == 400
    assert "expired" in answer.get_json(force=True)["detail"]
