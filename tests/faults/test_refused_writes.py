"""States that a person has to fix: while Elasticsearch refuses everything, events wait and say why; none is lost."""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from indexer.catalog.events import parse_event
from indexer.elastic.blocks import write_blocks
from indexer.elastic.client import connect
from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from tests.faults.servers import SpoilingProxy
from tests.faults.shop import FULL
from workers import resources, writing
from workers.queues.event_queue import Entry
from workers.queues.handle import Queues
from workers.throttle import Throttle

EVENTS, SECONDS, TRIES = (2_000, 180.0, 200) if FULL else (60, 0.0, 5)

pytestmark = pytest.mark.timeout(3_600 if FULL else 600)


class Shop:
    """A shop whose events this process writes, through a proxy."""

    def __init__(self, settings: Settings, client: Elasticsearch) -> None:
        self.proxy = SpoilingProxy(settings.elasticsearch_url)
        name = f"{settings.index_name}refused{secrets.token_hex(2)}"
        self.settings = settings.model_copy(update={"index_name": name, "elasticsearch_url": self.proxy.url})
        self.index, self.client = ProductIndex(connect(self.settings), name), client
        self.queues, self.letters = Queues.open(self.settings), DeadLetters(self.index)
        self.index.ensure()
        self.name = self.index.live()

    def send(self, first: int, count: int) -> None:
        """Queue events."""
        products = ({"id": f"w-{n}", "title": "Waits", "version": 1} for n in range(first, first + count))
        events = (parse_event({"type": "upsert", "product": product}).model_dump(mode="json") for product in products)
        self.queues.events.add([Entry(event, f"e/{n}", time.time()) for n, event in enumerate(events, first)])

    def alias(self, act: str) -> None:
        """Remove the alias that readers use, or put it back."""
        self.client.indices.update_aliases(actions=[{act: {"index": self.name, "alias": self.index.alias}}])


@pytest.fixture
def refused(settings: Settings, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shop = Shop(settings, client)
    monkeypatch.setattr(resources, "index", lambda: shop.index)
    monkeypatch.setattr(resources, "queues", lambda: shop.queues)
    monkeypatch.setattr(resources, "dead_letters", lambda: shop.letters)
    monkeypatch.setattr(writing, "_throttle", Throttle(0.0))
    yield shop
    shop.queues.events.acknowledge(shop.queues.events.take(10_000, "end"))
    shop.queues.close()
    shop.proxy.stop()


def _block(name: str, value: bool | None) -> Callable[[Shop], Any]:
    return lambda shop: shop.client.indices.put_settings(index=shop.name, settings={f"index.blocks.{name}": value})


def _spoil(how: str) -> Callable[[Shop], Any]:
    return lambda shop: setattr(shop.proxy, "spoil", how)


# What breaks it, what fixes it, and what the reason must say.
STATES: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop], Any], str]] = {
    "an expired key": (_spoil("401"), _spoil(""), "ELASTICSEARCH_API_KEY"),
    "a missing role": (_spoil("403"), _spoil(""), "lacks a privilege"),
    "a full disk": (_spoil("full"), _spoil(""), "disk of Elasticsearch is full"),
    "a write block": (_block("write", True), _block("write", None), "has a write block"),
    "a block after a full disk": (
        _block("read_only_allow_delete", True),
        _block("read_only_allow_delete", None),
        "disk of Elasticsearch is full",
    ),
    "a closed index": (
        lambda shop: shop.client.indices.close(index=shop.name),
        lambda shop: shop.client.indices.open(index=shop.name, wait_for_active_shards=1),
        "closed",
    ),
    "a missing alias": (lambda shop: shop.alias("remove"), lambda shop: shop.alias("add"), "is gone"),
}


@pytest.mark.parametrize("state", STATES)
def test_events_wait_until_a_person_has_fixed_what_is_in_the_way(state: str, refused: Shop) -> None:
    break_it, fix, says = STATES[state]
    refused.send(0, EVENTS // 2)
    break_it(refused)
    end, tries = time.monotonic() + SECONDS, 0
    while tries < TRIES or time.monotonic() < end:
        if tries == 1:
            refused.send(EVENTS // 2, EVENTS - EVENTS // 2)
        writing.write_waiting("w")
        tries += 1
        if FULL:
            time.sleep(0.5)
    assert refused.queues.events.depth() == EVENTS
    assert says in refused.queues.stalls.read()["writing"]
    assert ProductIndex(refused.client, refused.index.alias).versions().keys() <= {refused.name}  # no second index
    if not refused.proxy.spoil and state != "a missing alias":
        assert refused.name in write_blocks(refused.index)[0]

    fix(refused)
    while refused.queues.events.depth():
        writing.write_waiting("w")
    refused.index.refresh()
    assert refused.index.counts()["all"] == EVENTS
    assert refused.letters.count() == 0
    assert refused.queues.stalls.read() == {}
