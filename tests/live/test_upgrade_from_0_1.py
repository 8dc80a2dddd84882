"""A shop that version 0.1 made is served by this version, and rebuilt for it while shoppers read."""

from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient

from es_mappings.anchors import Anchor
from es_mappings.queries import sort_by_similar
from indexer.elastic.product_index import ProductIndex
from indexer.rollouts.rollout import Rollout
from indexer.settings import Settings
from tests.faults.cluster.shopper import Shopper
from tests.live.rolling import RollingShop
from tests.live.version_0_1 import NEW, PRODUCTS, restore
from webapp import create_app

EMBEDDED = [product_id for product_id in PRODUCTS if product_id not in {NEW, "p-00003"}]  # which was changed

PAGES = (
    "/", "/search?q=thing", "/search?category=Things/Red things", "/search?filter=color:red&sort=price",
    "/search?like=p-00001", "/search?q=thing&like=p-00001&dislike=p-00002", "/search?inspired=p-00004",
    f"/search?like={NEW}", "/products/p-00001", f"/products/{NEW}", "/search?q=tihng&verbatim=true", "/sitemap.xml",
)  # fmt: skip


@pytest.fixture
def shop(client: Elasticsearch, settings: Settings, tmp_path: Path) -> RollingShop:
    shop = RollingShop(client, settings, tmp_path)
    for number in range(17):  # draws the pictures
        shop.upsert(number)
        shop.upsert(number + 100)
    restore(client, shop.alias, tmp_path)
    return shop


def _web(shop: RollingShop, settings: Settings) -> FlaskClient:
    return create_app(settings.model_copy(update={"index_name": shop.alias})).test_client()


def _found(web: FlaskClient, **parameters: str) -> list[str]:
    answer = web.get("/api/search", query_string={"size": 60, **parameters})
    assert answer.status_code == 200, answer.text
    return [product["id"] for product in answer.get_json()["products"]]


def _nearest(index: ProductIndex, liked: str) -> str:
    """Return the product that Elasticsearch finds most similar to another, among all."""
    anchor = Anchor("its vector alone", index.vectors([liked])[liked])  # an anchor itself is left out
    request = sort_by_similar({"exists": {"field": "vector"}}, [anchor])
    return str(index.search(**request, size=1, source=False)["hits"]["hits"][0]["_id"])


def test_0_1s_shop_is_rebuilt_while_shoppers_read(shop: RollingShop, settings: Settings) -> None:
    web, index = _web(shop, settings), ProductIndex(shop.client, shop.alias)
    assert {path: web.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)
    assert sorted(_found(web)) == PRODUCTS
    assert sorted(_found(web, filter="color:grey")) == [p for p in PRODUCTS if int(p[2:]) % 4 == 3]
    assert {liked: _nearest(index, liked) for liked in EMBEDDED} == {liked: liked for liked in EMBEDDED}
    assert set(_found(web, like="p-00001")) == {*PRODUCTS} - {"p-00001"}

    pipeline, old = shop.pipeline(), index.live()
    with Shopper(create_app(settings.model_copy(update={"index_name": shop.alias})), EMBEDDED) as shopper:
        name = Rollout(shop.index, lambda: pipeline).rebuild()
    assert shopper.failed == []
    assert shopper.answered > 0
    assert index.live() == name != old
    assert index.is_current()

    assert sorted(_found(web)) == PRODUCTS
    assert index.counts() == {"all": len(PRODUCTS), "done": len(PRODUCTS), "pending": 0, "failed": 0}
    assert {liked: _nearest(index, liked) for liked in PRODUCTS} == {liked: liked for liked in PRODUCTS}
    assert set(_found(web, like=NEW)) == {*PRODUCTS} - {NEW}
    # Activations that 0.1 stored serve on: only the pictures of the product that it hadn't embedded are opened.
    assert sum(shop.models[0].seen) <= 2
    assert _found(web, q="renamed") == ["p-00003"]
    assert web.get("/products/p-00005").status_code == 410
