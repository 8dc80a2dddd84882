"""What shoppers see of products that change while they look."""

from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient

from indexer.settings import Settings
from tests.live.rolling import RollingShop
from tests.live.shopping import get, search
from webapp import create_app

PRODUCTS = 30


@pytest.fixture
def shop(client: Elasticsearch, settings: Settings, tmp_path: Path) -> RollingShop:
    shop = RollingShop(client, settings, tmp_path)
    shop.open(PRODUCTS)
    return shop


def _web(shop: RollingShop, settings: Settings) -> FlaskClient:
    return create_app(settings.model_copy(update={"index_name": shop.alias})).test_client()


@pytest.mark.parametrize("change", ["another picture", "no vector yet", "deleted"])
def test_the_pages_of_a_listing_are_sorted_by_the_like_as_it_was(
    shop: RollingShop, settings: Settings, change: str
) -> None:
    arguments = {"like": "p-00007", "size": 10, "diversity": 0}
    first = search(_web(shop, settings), **arguments)
    whole = search(_web(shop, settings), **{**arguments, "size": 100})["products"]
    picture = shop.upsert(500).product.images
    shop.write(shop.delete(7, 2) if change == "deleted" else shop.upsert(7, 2, images=picture))
    if change == "another picture":
        shop.embed()
    ids, cursor = [p["id"] for p in first["products"]], first["next_cursor"]
    while cursor:  # each page from another process, none of which knows the like
        page = search(_web(shop, settings), **arguments, cursor=cursor)
        assert page["total"] == first["total"]
        ids, cursor = ids + [p["id"] for p in page["products"]], page["next_cursor"]
    assert ids == [p["id"] for p in whole]
    assert len(ids) == PRODUCTS - 1


def test_a_products_page_shows_what_it_costs_now(shop: RollingShop, settings: Settings) -> None:
    web = _web(shop, settings)
    search(web, like="p-00007")
    assert get(web, "/api/products/p-00007")["price"] is None
    shop.write(shop.upsert(7, 2, price=9.5))
    assert get(web, "/api/products/p-00007")["price"] == 9.5
    shop.write(shop.delete(7, 3))
    assert web.get("/api/products/p-00007").status_code == 404
    gone = web.get("/products/p-00007")
    assert (gone.status_code, "no longer sold" in gone.text) == (410, True)
    assert web.get("/products/p-never").status_code == 404
