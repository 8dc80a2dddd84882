"""What shoppers see of products that change while they look."""

import re
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient

from indexer.catalog.events import Update
from indexer.elastic import loading
from indexer.elastic.tombstones import read_tombstone
from indexer.settings import Settings
from search.sitemaps import Sitemaps
from tests.conftest import wait_until
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
    assert web.get("/products/p-never").status_code == 404


def test_a_like_counts_by_its_newest_picture_where_the_process_knew_an_older_one(
    shop: RollingShop, settings: Settings
) -> None:
    web, arguments = _web(shop, settings), {"like": "p-00007", "size": 10, "diversity": 0}
    before = [p["id"] for p in search(web, **arguments)["products"]]
    picture = shop.upsert(12).product.images
    shop.write(shop.upsert(7, 2, images=picture))
    shop.embed()
    wait_until(lambda: search(web, **arguments)["products"][0]["id"] == "p-00012", "a list by the new picture")
    after = [p["id"] for p in search(web, **arguments)["products"]]
    assert after == [p["id"] for p in search(_web(shop, settings), **arguments)["products"]]
    assert after != before
    shop.write(shop.delete(7, 3))
    wait_until(lambda: search(web, **arguments)["warnings"] != [], "a warning that the like is gone")


def _gone(web: FlaskClient, product_id: str) -> list[str]:
    """Return the products that the page of a deleted one shows."""
    page = web.get(f"/products/{product_id}")
    assert (page.status_code, "no longer sold" in page.text) == (410, True)
    return re.findall(r'<a href="/products/(p-[0-9]+)', page.text)


def test_a_deleted_products_page_shows_what_is_most_like_it(shop: RollingShop, settings: Settings) -> None:
    shop.write(*(shop.upsert(n, 2, category=["Even" if n % 2 == 0 else "Odd"]) for n in range(PRODUCTS)))
    shop.embed()
    web = _web(shop, settings)
    similar = [p["id"] for p in search(web, like="p-00007", category="Odd", size=12, diversity=0)["products"]]
    shop.write(shop.delete(7, 3))
    shown = _gone(web, "p-00007")
    assert shown  # all that resembles it at all, in that order
    assert shown == similar[: len(shown)]
    assert web.get("/products/p-00007", headers={"Accept": "application/json"}).mimetype == "application/problem+json"


def test_a_deleted_product_without_a_vector_shows_its_category(shop: RollingShop, settings: Settings) -> None:
    shop.write(*(shop.upsert(n, 2, category=["Things", "Few" if n < 4 else "Many"]) for n in range(PRODUCTS)))
    shop.write(shop.upsert(500, 1, category=["Things", "Few"]), shop.delete(500, 2))
    shop.index.refresh()
    web = _web(shop, settings)
    assert sorted(_gone(web, "p-00500")) == [f"p-{n:05d}" for n in range(4)]
    shop.write(*(shop.delete(n, 3) for n in range(4)))
    shop.index.refresh()
    assert set(_gone(_web(shop, settings), "p-00500")) <= {f"p-{n:05d}" for n in range(4, PRODUCTS)}


def test_nothing_but_its_own_page_finds_a_deleted_product(shop: RollingShop, settings: Settings) -> None:
    shop.write(*(shop.upsert(n, 2, category=["Things"]) for n in range(PRODUCTS)))
    shop.embed()
    shop.write(shop.delete(7, 3))
    shop.index.refresh()
    web = _web(shop, settings)
    for arguments in ({}, {"like": "p-00008"}, {"like": "p-00008", "strategy": "rescore"}, {"category": "Things"}):
        found = search(web, **arguments, size=100)
        assert found["total"]["value"] == len(found["products"]) == PRODUCTS - ("like" in arguments) - 1
        assert "p-00007" not in {p["id"] for p in found["products"]}
    assert [v["count"] for v in found["facets"]["category"]] == [PRODUCTS - 1]
    assert sorted(i for n in range(2) for i in Sitemaps(shop.index).ids(n, 2)) == sorted(shop.products())
    assert not list(shop.index.ids_without_vector())
    assert shop.index.counts()["all"] == PRODUCTS - 1


def test_a_deleted_product_that_comes_back_is_as_it_was_sent(shop: RollingShop, settings: Settings) -> None:
    shop.write(shop.upsert(7, 2, category=["Old"]), shop.delete(7, 3), shop.delete(7, 4))
    tombstone = read_tombstone(shop.client, shop.alias, "p-00007")
    assert tombstone
    assert tombstone.category_path == ("Old",)
    assert tombstone.vector is not None
    shop.write(shop.upsert(7, 5))
    assert read_tombstone(shop.client, shop.alias, "p-00007") is None
    stored = shop.client.get(index=shop.alias, id="p-00007")["_source"]
    assert "last" not in stored
    assert not stored.get("category_path")
    loading.apply_events(shop.index, [Update(type="update", id="p-09999", version=4, fields={"price": 3.0})])
    assert read_tombstone(shop.client, shop.alias, "p-09999") is None  # it has never been
