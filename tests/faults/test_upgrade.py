"""A shop that was made under Elasticsearch 8.19 is served and changed under 9.4."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.services import elasticsearch
from demo.services.distribution import OLDEST_VERSION, VERSION
from demo.services.service import Service
from indexer.elastic.client import capabilities, connect
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from search.parameters import SearchParameters
from tests.live.rolling import RollingShop

PRODUCTS = 30


def _start(folder: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv("ELASTICSEARCH_VERSION", version)
    return elasticsearch.start_embedded(folder, "512m", lambda _: None)


def _shop(server: Service, folder: Path) -> RollingShop:
    settings = Settings(elasticsearch_url=server.url, index_name="shop")
    shop = RollingShop(connect(settings), settings, folder)
    shop.index, shop.alias = ProductIndex(shop.client, "shop"), "shop"
    return shop


def _nearest(shop: RollingShop, liked: str) -> list[str]:
    listing = Navigation(shop.index, Cursors("a-key-of-16-chars")).listing(SearchParameters(like=(liked,), size=60))
    assert listing.by_similarity
    return [hit.product["id"] for hit in listing.result.hits]


@pytest.mark.oldest
def test_an_index_of_the_oldest_version_is_served_by_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "elasticsearch"
    data.mkdir()
    old = _start(data, OLDEST_VERSION, monkeypatch)
    try:
        shop = _shop(old, tmp_path)
        assert capabilities(shop.client).version == OLDEST_VERSION
        shop.open(PRODUCTS)
        before, vectors = _nearest(shop, "p-00003"), shop.index.vectors(["p-00003"])
    finally:
        old.stop()

    new = _start(data, VERSION, monkeypatch)
    try:
        shop = _shop(new, tmp_path)
        assert capabilities(shop.client).version == VERSION
        assert _nearest(shop, "p-00003") == before
        assert shop.index.vectors(["p-00003"])["p-00003"].tolist() == vectors["p-00003"].tolist()
        # A new product's activation is stored beside the old ones; its vector is written in base64.
        shop.write(shop.upsert(PRODUCTS), shop.upsert(3, version=2, title="Renamed"))
        shop.embed()
        assert shop.index.counts()["done"] == PRODUCTS + 1
        assert f"p-{PRODUCTS:05}" in _nearest(shop, "p-00003")
        assert shop.index.products(["p-00003"])["p-00003"]["title"] == "Renamed"
    finally:
        new.stop()
