"""Whatever the order in which events and vectors arrive, the newest of each field wins.

Full size by `make test-faults`: 1,000 shuffled versions of 50 products, and 1,000 races of each kind.
"""

import os
import random
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from es_mappings.product import LAYOUT
from indexer.catalog import documents
from indexer.catalog.events import parse_event
from indexer.elastic import write_targets
from indexer.elastic.client import BulkFailure
from indexer.elastic.loading import write_events
from indexer.elastic.product_index import ProductIndex
from indexer.embedding import stored_products
from indexer.embedding.stored_products import StoredProduct
from indexer.settings import Settings
from tests.faults.chaos.catalogue import newest

FULL = os.environ.get("FAULTS") == "full"
RACES, VERSIONS, PRODUCTS = (1_000, 1_000, 50) if FULL else (60, 120, 6)
VECTOR = np.full(LAYOUT.dims, 0.01, np.float32)


@pytest.fixture(scope="module")
def index(settings: Settings, client: Elasticsearch) -> ProductIndex:
    """Return a new index without replicas."""
    index = ProductIndex(client, f"{settings.index_name}-order{secrets.token_hex(2)}")
    index.ensure()
    return index


def _upsert(product_id: str, version: int, **fields: Any) -> dict[str, Any]:
    return {"type": "upsert", "product": {"id": product_id, "title": "A thing", "version": version, **fields}}


def _update(product_id: str, version: int, **fields: Any) -> dict[str, Any]:
    return {"type": "update", "id": product_id, "version": version, "fields": fields}


def _delete(product_id: str, version: int) -> dict[str, Any]:
    return {"type": "delete", "id": product_id, "version": version}


def _write(index: ProductIndex, *events: dict[str, Any]) -> None:
    outcome = write_events(index, [parse_event(event) for event in events])
    assert [failure for failure in outcome if failure] == []


def _stored(index: ProductIndex, product_id: str) -> dict[str, Any] | None:
    return index.products([product_id]).get(product_id)


def _embed(index: ProductIndex, product_id: str, source: str) -> BulkFailure | None:
    action = documents.embedded(index.alias, product_id, source, VECTOR, space="test")
    return write_targets.write(index, [action])[0]


def _read(index: ProductIndex, *ids: str) -> list[StoredProduct]:
    products, _ = stored_products.read(index.at(index.live()), ids, "test")
    return [products[product_id] for product_id in ids]


def _embed_as_read(index: ProductIndex, *products: StoredProduct) -> list[BulkFailure | None]:
    targets = write_targets.resolve(index)
    actions = [documents.embedded(targets.live, p.read["_id"], p.source, VECTOR, space="test") for p in products]
    return stored_products.write(index, targets.writes[targets.live], products, actions)


def _source(**fields: Any) -> str:
    event = parse_event(_upsert("any", 1, **fields))
    return documents.source_digest(event.product)  # type: ignore[union-attr]


def test_an_update_and_a_late_older_upsert_each_keep_their_fields(index: ProductIndex) -> None:
    _write(index, _upsert("p1", 3, price=3, brand="Old"), _update("p1", 5, price=5))
    _write(index, _upsert("p1", 4, price=4, brand="New"))
    product = _stored(index, "p1")
    assert product
    assert (product["price"], product["brand"], product["version"]) == (5, "New", 4)
    _write(index, _update("p1", 4, price=4), _upsert("p1", 2, price=2))
    assert _stored(index, "p1")["price"] == 5  # type: ignore[index]
    _write(index, _upsert("p1", 6, price=6))
    assert _stored(index, "p1")["price"] == 6  # type: ignore[index]


def test_a_title_is_embedded_again_and_a_price_is_not(index: ProductIndex) -> None:
    _write(index, _upsert("p2", 1, images=["https://a.example/1.jpg"]))
    before = _stored(index, "p2")
    assert before
    assert _embed(index, "p2", before["source"]) is None
    _write(index, _update("p2", 2, price=9, in_stock=False))
    priced = _stored(index, "p2")
    assert priced
    assert (priced["embedding"]["status"], priced["source"]) == ("done", before["source"])
    assert "vector" in priced
    _write(index, _update("p2", 3, title="Another thing"))
    titled = _stored(index, "p2")
    assert titled
    assert titled["embedding"]["status"] == "pending"
    assert "vector" in titled  # the old one, until the new one is there
    # The same state has the same source, by whatever events it came about.
    assert titled["source"] == _source(title="Another thing", images=["https://a.example/1.jpg"])
    assert _embed(index, "p2", before["source"]) is None  # accepted, but changes nothing
    assert _stored(index, "p2")["embedding"]["status"] == "pending"  # type: ignore[index]
    _write(index, _update("p2", 4, images=["https://a.example/2.jpg"]))
    assert "vector" not in (_stored(index, "p2") or {})


def test_updates_of_a_missing_product_wait_for_it(index: ProductIndex) -> None:
    _write(index, _update("p3", 5, price=5, title="Renamed"), _update("p3", 6, category=["Toys"]))
    assert _stored(index, "p3") is None
    index.refresh()
    assert index.client.count(index=index.name, query={"term": {"id": "p3"}})["count"] == 0
    _write(index, _upsert("p3", 4, price=4, description="Whole", category=["Dresses"]))
    product = _stored(index, "p3")
    assert product
    assert (product["title"], product["price"], product["description"]) == ("Renamed", 5, "Whole")
    assert (product["category_path"], product["version"]) == (["Toys"], 4)
    assert product["source"] == _source(title="Renamed", description="Whole", category=["Toys"])
    index.refresh()
    assert index.client.count(index=index.name, query={"term": {"id": "p3"}})["count"] == 1


def test_a_deleted_product_stays_deleted_until_something_newer_comes(index: ProductIndex) -> None:
    _write(index, _upsert("p4", 1, price=1))
    source = _stored(index, "p4")["source"]  # type: ignore[index]
    _write(index, _delete("p4", 5), _upsert("p4", 4), _upsert("p4", 5), _update("p4", 5, price=3))
    assert _embed(index, "p4", source) is None
    assert _stored(index, "p4") is None
    _write(index, _update("p4", 7, price=7), _delete("p4", 6))
    assert _stored(index, "p4") is None
    _write(index, _upsert("p4", 6, price=6))
    assert _stored(index, "p4") is None  # of one version, the delete
    _write(index, _upsert("p4", 8, brand="Back"), _delete("p4", 2))
    product = _stored(index, "p4")
    assert product
    assert (product["brand"], product["price"]) == ("Back", None)


def test_tombstones_are_pruned_when_they_are_old(index: ProductIndex) -> None:
    _write(index, _delete("p5", 5), _upsert("p5b", 1))
    live = index.at(index.live())
    live.refresh()
    assert live.prune_tombstones(days=1) == 0
    assert live.prune_tombstones(days=-1) > 0
    assert not live.client.exists(index=live.name, id="p5")
    assert _stored(index, "p5b")


def _expected(events: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the expected result of events in any order."""
    state = newest(events)
    return state and {name: state[name] for name in ("price", "brand", "title")}


def _random_events(rng: random.Random, product_id: str, count: int) -> list[dict[str, Any]]:
    events = []
    for version in range(1, count + 1):
        kind = rng.random()
        if kind < 0.45:
            events.append(_upsert(product_id, version, price=version, brand=f"b{version}", title=f"t{version}"))
        elif kind < 0.9:
            fields = {"price": float(version), "brand": f"u{version}", "title": f"v{version}"}
            chosen = rng.sample(sorted(fields), rng.randint(1, 3))
            events.append(_update(product_id, version, **{name: fields[name] for name in chosen}))
        else:
            events.append(_delete(product_id, version))
    return events


def test_shuffled_versions_end_as_the_newest(index: ProductIndex) -> None:
    rng = random.Random(6)
    by_product = {f"s{n}": _random_events(rng, f"s{n}", VERSIONS // PRODUCTS) for n in range(PRODUCTS)}
    everything = [event for events in by_product.values() for event in events]
    everything += rng.sample(everything, len(everything) // 4)  # some come twice
    rng.shuffle(everything)
    parts = [everything[start::8] for start in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda part: _write(index, *part), parts))
    wrong = []
    for product_id, events in by_product.items():
        product = _stored(index, product_id)
        fields = product and {name: product[name] for name in ("price", "brand", "title")}
        if fields != _expected(events):
            wrong.append((product_id, fields, _expected(events)))
    assert not wrong
    print(f"{VERSIONS} versions of {PRODUCTS} products, shuffled, a quarter of them twice: 0 wrong")  # noqa: T201


def test_a_late_embedding_does_not_restore_a_deleted_product(index: ProductIndex) -> None:
    ids = [f"d{n}" for n in range(RACES)]
    _write(index, *(_upsert(product_id, 1) for product_id in ids))
    source = _source()
    with ThreadPoolExecutor(8) as threads:
        deletes = [threads.submit(_write, index, _delete(product_id, 2)) for product_id in ids]
        embeds = [threads.submit(_embed, index, product_id, source) for product_id in ids]
        assert [e.result() for e in embeds if e.result()] == []
        assert all(d.result() is None for d in deletes)
    assert index.products(ids) == {}
    print(f"{RACES} deletes against vectors: 0 resurrected")  # noqa: T201


def test_a_price_and_a_vector_that_race_both_survive(index: ProductIndex) -> None:
    ids = [f"r{n}" for n in range(RACES)]
    _write(index, *(_upsert(product_id, 1, price=1) for product_id in ids))
    source = _source()
    with ThreadPoolExecutor(8) as threads:
        prices = [threads.submit(_write, index, _update(product_id, 2, price=2)) for product_id in ids]
        embeds = [threads.submit(_embed, index, product_id, source) for product_id in ids]
        assert [e.result() for e in embeds if e.result()] == []
        assert all(p.result() is None for p in prices)
    stored = index.products(ids)
    assert {(h["price"], h["embedding"]["status"], "vector" in h) for h in stored.values()} == {(2, "done", True)}
    print(f"{RACES} prices against vectors: all of both survive")  # noqa: T201


def test_a_vector_is_written_into_what_was_read_as_by_the_script(index: ProductIndex) -> None:
    fields = {"price": 1, "category": ["A", "B"], "attributes": {"color": "red"}, "images": ["https://a.example/1.jpg"]}
    _write(index, _upsert("w1", 1, **fields), _upsert("w2", 1, **fields), _update("w1", 2, brand="Late"))
    _write(index, _update("w2", 2, brand="Late"))
    for refreshed in (False, True):  # of a product that has no vector yet, and of one that has
        assert _embed(index, "w1", _read(index, "w1")[0].source) is None
        version = index.client.get(index=index.name, id="w2")["_version"]
        assert _embed_as_read(index, *_read(index, "w2")) == [None]
        assert index.client.get(index=index.name, id="w2")["_version"] == version + 1
        by_script, whole = _stored(index, "w1"), _stored(index, "w2")
        assert by_script
        assert whole
        assert by_script["embedding"].pop("at")
        assert whole["embedding"].pop("at")
        own = ("id", "style", "added_at", "updated_at")
        assert {n: v for n, v in by_script.items() if n not in own} == {n: v for n, v in whole.items() if n not in own}
        assert set(by_script) == set(whole)
        if not refreshed:
            index.refresh()


def test_what_changed_since_a_product_was_read_is_kept(index: ProductIndex) -> None:
    ids = ["k1", "k2", "k3", "k4", "k5"]
    _write(index, *(_upsert(product_id, 1, price=1) for product_id in ids))
    read = _read(index, *ids)
    _write(index, _update("k2", 2, price=2), _update("k3", 2, title="Another thing"), _delete("k4", 2))
    index.client.delete(index=index.live(), id="k5")
    *written, missing = _embed_as_read(index, *read)
    assert written == [None] * 4
    assert missing
    assert missing.status == 404
    stored = index.products(ids)
    assert {i: (s["price"], s["embedding"]["status"], "vector" in s) for i, s in stored.items()} == {
        "k1": (1, "done", True),
        "k2": (2, "done", True),
        "k3": (1, "pending", False),
    }
