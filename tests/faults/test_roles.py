"""Each role of `lookalike roles` can do what its part of the shop does, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner
from elasticsearch import AuthorizationException, Elasticsearch

from es_mappings.stores import load, vector_space
from indexer import retention
from indexer.attribution import decisions
from indexer.cli.main import main
from indexer.elastic.client import connect, make_index
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.golden import Judgement
from indexer.relevance.judgements import JudgementStore
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from search.parameters import SearchParameters
from tests.faults.secured import PASSWORD, USER, secured_elasticsearch
from tests.live.rolling import RollingShop

USERS = {name: f"password-of-{name}" for name in ("web", "writer", "embedder", "search-team")}
Shops = Callable[[str], RollingShop]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    """Return a shop as seen by a role, by the role's name; `lookalike roles --create` made the users."""
    folder = tmp_path_factory.mktemp("roles")
    with secured_elasticsearch(folder / "elasticsearch") as server:
        address = server.url.removeprefix("http://")
        created = CliRunner().invoke(
            main,
            ["roles", "--create"],
            env={
                "ELASTICSEARCH_URL": f"http://{USER}:{PASSWORD}@{address}",
                "INDEX_NAME": "shop",
                "ROLE_USERS": ",".join(f"{name}:{password}" for name, password in USERS.items()),
            },
        )
        assert created.exit_code == 0, created.output

        def shop(role: str) -> RollingShop:
            url = f"http://lookalike-{role}:{USERS[role]}@{address}"
            client = connect(Settings(elasticsearch_url=url, index_name="shop"))
            shop = RollingShop(client, Settings(index_name="shop"), folder)
            shop.index = ProductIndex(client, "shop")
            shop.alias = "shop"
            return shop

        admin = Elasticsearch(server.url, basic_auth=(USER, PASSWORD), request_timeout=60)
        admin.index(index="other", document={"secret": 1}, refresh=True)
        shop("search-team").open(12)
        yield shop


def _refused(action: Callable[[], object]) -> None:
    with pytest.raises(AuthorizationException):
        action()


def _touches_nothing_else(shop: RollingShop) -> None:
    _refused(lambda: shop.client.search(index="other"))
    _refused(lambda: shop.client.index(index="other", document={}))
    _refused(lambda: shop.client.cluster.put_settings(persistent={"action.auto_create_index": "true"}))
    _refused(lambda: shop.client.security.put_role(name="mine", cluster=["all"]))


def test_the_search_team_loads_fits_and_replaces_indices(shops: Shops) -> None:
    shop = shops("search-team")
    assert shop.index.counts()["done"] == 12
    scratch = shop.index.new_name()
    shop.index.create(scratch, None)
    shop.client.indices.delete(index=scratch)
    _touches_nothing_else(shop)


def test_a_writer_writes_events_and_deletes_what_is_old(shops: Shops) -> None:
    shop = shops("writer")
    shop.write(shop.upsert(50), shop.delete(50, 2))
    shop.index.refresh()
    live = shop.index.at(shop.index.live())
    assert live.prune_tombstones(-1) == 1
    live.stamp(vectors={"type": "int8_flat", "factor": 2.0})
    retention.expire(shop.index, 0)
    make_index(shop.client, shop.index.store(load.KIND), load.mapping())
    _refused(lambda: shop.client.indices.delete(index=shop.index.live()))
    _refused(lambda: shop.client.index(index=shop.index.store(vector_space.KIND), document={}))
    _touches_nothing_else(shop)


def test_an_embedder_writes_vectors(shops: Shops) -> None:
    shops("writer").write(shops("writer").upsert(60))
    shop = shops("embedder")
    assert shop.pipeline().vectorize(["p-00060"]).written == ["p-00060"]
    _refused(lambda: shop.client.indices.delete(index=shop.index.live()))
    _refused(lambda: shop.client.delete(index=shop.index.live(), id="p-00060"))
    _refused(lambda: shop.client.indices.put_alias(index=shop.index.live(), name="shop-2-mine"))
    _refused(lambda: shop.client.indices.put_mapping(index=shop.index.live(), meta={}))
    _touches_nothing_else(shop)
    # Other tests count the shop's products.
    shops("search-team").client.delete(index=shop.index.live(), id="p-00060", refresh=True)


def test_the_storefront_searches_and_keeps_what_staff_decide(shops: Shops) -> None:
    shop = shops("web")
    shops("writer").index.refresh()
    navigation = Navigation(shop.index, Cursors("a-key-of-16-chars"))
    listing = navigation.listing(SearchParameters(like=("p-00003",)))
    assert listing.by_similarity
    assert listing.result.total == 11  # all but the liked one
    judgements = JudgementStore(shop.index)
    judgements.put(Judgement(anchor="p-00001", candidate="p-00002", grade=2, judge="ada"))
    assert judgements.undo("ada")
    decisions.decide(shop.index, "p-00001", "color", "red", None, by="ada")
    _refused(lambda: shop.client.indices.delete(index=shop.index.live()))
    _refused(lambda: shop.client.delete(index=shop.index.live(), id="p-00001"))
    _refused(lambda: shop.client.delete_by_query(index="shop", query={"match_all": {}}))
    _refused(lambda: shop.client.indices.put_mapping(index=shop.index.live(), meta={}))
    _refused(lambda: shop.client.index(index=shop.index.store(vector_space.KIND), document={}))
    _touches_nothing_else(shop)
