"""Nodes are killed under load, missed during a rebuild, and restarted in turn: no read fails, no write is lost.

Without two of three there is no majority to elect a master: the shop shows what it knows, until both are back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from indexer.embedding.pipeline import Pipeline
from indexer.images.fetching import ImageSource
from indexer.rollouts.rollout import Rollout
from indexer.rollouts.steps import Options
from indexer.settings import Settings
from tests.conftest import wait_until
from tests.faults import cheap
from tests.faults.cluster.nodes import NAMES, Cluster
from tests.faults.cluster.shopper import Shopper
from tests.faults.shop import FaultyShop
from tests.faults.visits import Storefront

pytestmark = pytest.mark.cluster

PRODUCTS, SHARDS = 240, 3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return three running nodes."""
    cluster = Cluster(tmp_path_factory.mktemp("nodes"))
    try:
        cluster.start_all()
        yield cluster
    finally:
        cluster.end()


@pytest.fixture(scope="module")
def shop(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyShop]:
    """Return a shop on all nodes, of three shards with a replica each and two embedding workers, fully embedded."""
    shop = FaultyShop(cluster.url, tmp_path_factory.mktemp("shop"))
    shop.elasticsearch = cluster.url
    more = []
    try:
        shop.begin(PRODUCTS)
        more = shop.start_more(shop.folder / "more", cluster.url)
        shop.send(shop.events)
        assert shop.finish() == 0
        _rebuild(shop, Options(shards=SHARDS))
        cluster.wait_until_green(shop.client)
        settings = shop.client.indices.get_settings(index=shop.index.live())[shop.index.live()]["settings"]["index"]
        assert (settings["number_of_shards"], settings["number_of_replicas"]) == (str(SHARDS), "1")
        yield shop
    finally:
        for worker in more:
            worker.process.kill()
            worker.stop()
        shop.end()


@pytest.fixture(scope="module")
def storefront(shop: FaultyShop) -> Storefront:
    """Return the shop's storefront."""
    return Storefront(shop)


def _rebuild(shop: FaultyShop, options: Options) -> None:
    pipeline = Pipeline(shop.index, ImageSource((shop.folder,)), cheap.vectorizers(Settings()), 32)
    Rollout(shop.index, lambda: pipeline, options).rebuild()


def _shopper(shop: FaultyShop, storefront: Storefront) -> Shopper:
    return Shopper(storefront.app, [event["product"]["id"] for event in shop.events])


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_a_node_is_killed_while_shoppers_read_and_pictures_change(
    cluster: Cluster, shop: FaultyShop, storefront: Storefront, number: int, figure: Callable[[str], None]
) -> None:
    with _shopper(shop, storefront) as shopper:
        wait_until(lambda: shopper.answered > 10, "reading", lambda: shopper.answered)
        first, second = _halves(shop)
        shop.send(first)
        cluster.kill(number)
        shop.send(second)
        assert shop.finish() == 0
        cluster.start(number)
        cluster.wait_until_green(shop.client)
    assert shopper.failed == []
    figure(f"Node {NAMES[number]} killed while {PRODUCTS} pictures change: 0 lost, "
           f"{_read(shopper, storefront)}, least cosine {shop.compare():.6f}")  # fmt: skip


def _read(shopper: Shopper, storefront: Storefront) -> str:
    return f"{shopper.answered} pages read, {shopper.refused} refused, {storefront.from_memory()} so far from memory"


def _halves(shop: FaultyShop) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    events = shop.change_pictures()
    return events[: PRODUCTS // 2], events[PRODUCTS // 2 :]


def test_an_index_is_rebuilt_while_a_node_is_away(
    cluster: Cluster, shop: FaultyShop, storefront: Storefront, figure: Callable[[str], None]
) -> None:
    old = shop.index.live()
    with _shopper(shop, storefront) as shopper:
        cluster.kill(2)
        _rebuild(shop, Options(shards=SHARDS, refit=True))
        cluster.start(2)
        cluster.wait_until_green(shop.client)
    assert shopper.failed == []
    assert shop.index.live() != old
    assert shop.states() == {"all": PRODUCTS, "done": PRODUCTS, "pending": 0, "failed": 0}
    figure(f"Rebuilt while a node was away: {PRODUCTS} products, {_read(shopper, storefront)}")  # fmt: skip


def test_all_nodes_are_restarted_in_turn(
    cluster: Cluster, shop: FaultyShop, storefront: Storefront, figure: Callable[[str], None]
) -> None:
    with _shopper(shop, storefront) as shopper:
        shop.send(shop.change_pictures())
        for number in range(len(NAMES)):
            cluster.stop(number)
            cluster.start(number)
            cluster.wait_until_green(shop.client)
        assert shop.finish() == 0
    assert shopper.failed == []
    assert shop.states()["done"] == PRODUCTS
    figure(f"All nodes restarted in turn while {PRODUCTS} pictures change: 0 lost, "
           f"{_read(shopper, storefront)}")  # fmt: skip


def test_two_of_three_nodes_are_lost_at_once(
    cluster: Cluster, shop: FaultyShop, storefront: Storefront, figure: Callable[[str], None]
) -> None:
    known, unknown = (event["product"]["id"] for event in (shop.events[0], shop.events[-1]))
    assert storefront.visit(known).refused == []
    changes = shop.change_pictures()
    cluster.kill(0, 1)
    lost = time.monotonic()
    shop.send(changes)  # the webhook goes on to take events
    during, other = [storefront.visit(known) for _ in range(3)], storefront.visit(unknown)
    assert not {path for visit in during for path in visit.refused if not path.startswith("/api/")}
    storefront.log_in()
    assert "Not available right now" in storefront.operations()
    cluster.start_again(0, 1)
    wait_until(lambda: not storefront.visit(unknown).refused, "a page that wasn't read before")
    served = time.monotonic() - lost
    cluster.wait_until_green(shop.client)
    assert shop.finish() == 0
    assert shop.states() == {"all": PRODUCTS, "done": PRODUCTS, "pending": 0, "failed": 0}
    figure(f"Two of three nodes killed at once: of pages read before {during[-1]}; of others {other}; all pages again "
           f"{served:.0f} s after the loss, both started anew; {PRODUCTS} changes sent meanwhile, 0 lost, "
           f"least cosine {shop.compare():.6f}")  # fmt: skip
