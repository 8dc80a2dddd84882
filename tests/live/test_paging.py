"""Pages of one result stay one result, whatever is written meanwhile."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk, pack_dense_vector

from es_mappings import product
from es_mappings.product import LAYOUT
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from tests.live.shopping import walk
from webapp import create_app

PRODUCTS = 10_000


@pytest.fixture(scope="module")
def large(settings: Settings, client: Elasticsearch) -> Iterator[str]:
    """Return an index of 10,000 products with random vectors."""
    alias = f"{settings.index_name}-large"
    client.indices.create(
        index=f"{alias}-1", mappings=product.mapping("random"), settings=product.settings(), aliases={alias: {}}
    )
    random = np.random.default_rng(3)

    def actions() -> Iterator[dict[str, object]]:
        for number in range(PRODUCTS):
            parts = {a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects}
            vector = pack_dense_vector(LAYOUT.compose(parts))
            body = {"id": f"p{number}", "title": f"Product {number}", "price": number % 7, "vector": vector}
            yield {"_index": alias, "_id": f"p{number}", **body}

    bulk(client, actions(), chunk_size=1_000, refresh=True)
    yield alias
    client.indices.delete(index=f"{alias}-1")


@pytest.mark.parametrize("arguments", [{"like": ["p1", "p2"], "mode": "any"}, {"like": "p5"}, {"sort": "price"}])
def test_a_walk_under_updates_sees_each_product_once(
    settings: Settings, client: Elasticsearch, large: str, arguments: dict[str, object]
) -> None:
    web = create_app(settings.model_copy(update={"index_name": large})).test_client()
    done = threading.Event()
    writer = threading.Thread(target=_write, args=(ProductIndex(client, large), done))
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
    assert similarities == sorted(similarities, reverse=True)


def _write(index: ProductIndex, done: threading.Event) -> None:
    """Change vectors and prices, add and delete products, as fast as Elasticsearch takes them."""
    random = np.random.default_rng(4)
    number = 0
    while not done.is_set():
        number += 1
        parts = {a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects}
        change = {"vector": pack_dense_vector(LAYOUT.compose(parts)), "price": int(random.integers(0, 9))}
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
