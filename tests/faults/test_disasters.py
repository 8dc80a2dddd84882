"""What is lost comes back, as docs/disaster.md says: by a snapshot, or products from the kept activations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import NotFoundError

from demo.services import elasticsearch
from indexer.catalog.report import LoadReport
from indexer.elastic.client import connect
from indexer.elastic.load_reports import LoadReports
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.golden import Judgement
from indexer.relevance.judgements import JudgementStore
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from tests.live.rolling import RollingShop

PRODUCTS = 60
REPOSITORY = "shop"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RollingShop, dict[str, Any]]]:
    """Return a shop of which a snapshot was taken, and its state before."""
    folder = tmp_path_factory.mktemp("disasters")
    server = elasticsearch.start_embedded(folder, "512m", lambda _: None)
    settings = Settings(elasticsearch_url=server.url, index_name="shop")
    shop = RollingShop(connect(settings), settings, folder)
    shop.index, shop.alias = ProductIndex(shop.client, "shop"), "shop"
    try:
        shop.open(PRODUCTS)
        judgement = Judgement(anchor="p-00001", candidate="p-00002", grade=3, judge="ada")
        JudgementStore(shop.index).put(judgement)
        LoadReports(shop.index).add(LoadReport("feed.csv"))
        state = _state(shop)
        # As docs/disaster.md says.
        shop.client.snapshot.create_repository(
            name=REPOSITORY, repository={"type": "fs", "settings": {"location": "."}}
        )
        taken = shop.client.snapshot.create(
            repository=REPOSITORY, snapshot="nightly", indices="shop-*", include_global_state=False,
            wait_for_completion=True,
        )  # fmt: skip
        assert taken["snapshot"]["state"] == "SUCCESS"
        yield shop, state
    finally:
        server.stop()


@pytest.fixture
def shop(saved: tuple[RollingShop, dict[str, Any]]) -> RollingShop:
    """Return the shop as it was saved, whatever an earlier test did to it."""
    shop, _ = saved
    _delete(shop, "shop-*")
    _restore(shop, "shop-*")
    return shop


def _state(shop: RollingShop) -> dict[str, Any]:
    """Return all documents of all indices of the shop, by index, and where its alias leads."""
    shop.client.indices.refresh(index="shop-*")
    documents: dict[str, Any] = {"alias": shop.index.live()}
    for index in shop.client.indices.get(index="shop-*"):
        request = {"size": 1_000, "source": {"exclude_vectors": False}, "query": {"match_all": {}}}
        hits = shop.client.search(index=index, **request)["hits"]["hits"]  # type: ignore[arg-type]
        documents[index] = {hit["_id"]: hit["_source"] for hit in hits}
    return documents


def _restore(shop: RollingShop, indices: str) -> None:
    shop.client.snapshot.restore(
        repository=REPOSITORY, snapshot="nightly", indices=indices, include_global_state=False, wait_for_completion=True
    )


def _delete(shop: RollingShop, indices: str) -> None:
    for index in shop.client.indices.get(index=indices):
        shop.client.indices.delete(index=index)


def test_everything_comes_back_from_a_snapshot_and_goes_on(
    shop: RollingShop, saved: tuple[RollingShop, dict[str, Any]]
) -> None:
    _, before = saved
    assert {"shop-spaces", "shop-judgements", "shop-loads"} <= set(before)
    assert [index for index in before if index.startswith("shop-images-")]
    _delete(shop, "shop-*")
    with pytest.raises(NotFoundError):
        shop.client.count(index="shop")
    began = time.perf_counter()
    _restore(shop, "shop-*")
    print(f"restored {PRODUCTS} products in {time.perf_counter() - began:.1f} s")  # noqa: T201
    assert _state(shop) == before
    shop.write(shop.upsert(PRODUCTS))
    shop.embed()
    assert shop.index.counts()["done"] == PRODUCTS + 1


def test_a_lost_vector_space_is_restored_alone(shop: RollingShop) -> None:
    space = shop.index.space()
    vectors = {i: p["vector"] for i, p in shop.products().items()}
    _delete(shop, "shop-spaces")
    _restore(shop, "shop-spaces")
    assert shop.index.space() == space
    shop.write(shop.upsert(3, version=2, title="Renamed"))
    shop.embed()
    assert shop.products()["p-00003"]["vector"] == vectors["p-00003"]


def test_lost_products_are_loaded_again_without_embedding_a_picture(shop: RollingShop) -> None:
    before = {i: p["images"] for i, p in shop.products().items()}
    _delete(shop, f"{shop.index.live()}")
    began = time.perf_counter()
    shop.index.ensure()
    shop.write(*(shop.upsert(n, version=3) for n in range(PRODUCTS)))
    shop.index.refresh()
    pipeline = shop.pipeline()
    pipeline.vectorize(list(shop.index.ids_without_vector()))
    fit_space(shop.index, pipeline.vectorizers)
    shop.index.refresh()
    pipeline.vectorize(list(shop.index.ids_without_vector()))
    print(f"loaded {PRODUCTS} products again in {time.perf_counter() - began:.1f} s")  # noqa: T201
    assert {i: p["images"] for i, p in shop.products().items()} == before
    assert shop.index.counts()["done"] == PRODUCTS
    assert [model.seen for model in shop.models] == [[], []]
