"""The Image Vector Store returns what was written, to the bit, whatever its number format and version."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from es_mappings.layout import Vector
from es_mappings.stores import image_vector
from es_mappings.stores.image_vector import Numbers, Origin
from indexer.activations.activation_store import Activations, ActivationStore
from indexer.digests import manifest_digest
from indexer.elastic.client import bulk
from indexer.elastic.product_index import ProductIndex
from indexer.retention import summaries
from indexer.settings import Settings
from tests.live.rolling import RollingShop

DIMS = 640
SCALES = (1e-3, 0.1, 1.0, 30.0, 1e4)
ROWS = {
    f"image-{n}": np.random.default_rng(n).normal(0, scale, DIMS).astype(np.float32) for n, scale in enumerate(SCALES)
}
IMAGES: dict[str, Activations] = {name: {"look": row, "style": row[:20]} for name, row in ROWS.items()}


class _Named:
    def __init__(self, name: str, dims: int = DIMS) -> None:
        self.manifest: dict[str, Any] = {"aspect": name}
        self.dims = dims


BOTH = {"look": _Named("look"), "style": _Named("style", 20)}


@pytest.fixture
def index(client: Elasticsearch, settings: Settings) -> Iterator[ProductIndex]:
    index = ProductIndex(client, f"{settings.index_name}-store")
    yield index
    client.indices.delete(index=list(client.indices.get(index=index.store("*")).body))


@pytest.mark.parametrize("numbers", get_args(Numbers))
def test_reads_return_what_put_returned_before_and_after_a_refresh(index: ProductIndex, numbers: Numbers) -> None:
    store = ActivationStore.open(index, "images", BOTH, numbers)
    written = store.put(IMAGES)
    assert set(written) == set(ROWS)
    for refreshed in (False, True):
        if refreshed:
            assert store.count() == len(ROWS)
        read = store.get([*ROWS, "never seen"])
        assert set(read) == set(ROWS)
        for name, raw in ROWS.items():
            assert list(read[name]) == ["look", "style"]
            np.testing.assert_array_equal(read[name]["look"], written[name]["look"])
            np.testing.assert_array_equal(read[name]["style"], written[name]["look"][:20])
            np.testing.assert_allclose(read[name]["look"], raw, rtol=2**-8 if numbers == "bfloat16" else 0)
    look = np.stack([written[name]["look"] for name in sorted(ROWS)])
    np.testing.assert_array_equal(store.of("look").sample(20), look)
    np.testing.assert_array_equal(store.of("style").sample(2), look[:2, :20])
    np.testing.assert_array_equal(np.concatenate(list(store.of("look").chunks(4, 3))), look[:4])


def test_an_existing_store_keeps_its_number_format(index: ProductIndex) -> None:
    look = {"look": BOTH["look"]}
    store = ActivationStore.open(index, "images", look, "bfloat16")
    store.put({"one": {"look": ROWS["image-0"]}})
    again = ActivationStore.open(index, "images", look, "float32")
    two = again.put({"two": {"look": ROWS["image-1"]}})["two"]["look"]
    assert not np.array_equal(two, ROWS["image-1"])
    np.testing.assert_array_equal(again.get(["two"])["two"]["look"], two)
    assert [(k.aspects, k.count, k.numbers) for k in summaries(index)] == [("look", 2, "bfloat16")]


def test_an_image_has_all_aspects_or_none(index: ProductIndex) -> None:
    store = ActivationStore.open(index, "images", BOTH)
    assert store.get([]) == {}
    with pytest.raises(ValueError, match="the style of half isn't 20 finite numbers"):
        store.put({"half": {"look": ROWS["image-0"]}})
    store.put(IMAGES)
    assert set(store.get([*ROWS, "never seen", "image-0"])) == set(ROWS)
    assert store.lacks([*ROWS, "never seen"]) == {"never seen"}
    assert set(store.of("look").get(["image-1", "never seen"])) == {"image-1"}


@pytest.mark.parametrize("wrong", [ROWS["image-1"][:-1], np.full(DIMS, np.nan, np.float32)])
def test_an_activation_that_no_vectorizer_makes_is_refused_by_name(index: ProductIndex, wrong: Vector) -> None:
    store = ActivationStore.open(index, "images", {"look": BOTH["look"]})
    with pytest.raises(ValueError, match="the look of bad isn't 640 finite numbers"):
        store.put({"good": {"look": ROWS["image-0"]}, "bad": {"look": wrong}})
    assert store.get(["good", "bad"]) == {}


def _write_older(index: ProductIndex, aspect: str, rows: dict[str, Vector]) -> str:
    """Write activations as versions before 0.2 did: those of each vectorizer in an index of their own."""
    name, vectorizer = index.store(f"images-{manifest_digest(BOTH[aspect].manifest)}"), BOTH[aspect]
    vectors = {"type": "dense_vector", "dims": vectorizer.dims, "index": False}
    properties = {"digest": {"type": "keyword"}, "activation": vectors, "stored_at": {"type": "date"}}
    meta = {"vectorizer": vectorizer.manifest}
    index.client.indices.create(index=name, mappings={"dynamic": "strict", "_meta": meta, "properties": properties})
    documents = [{"_index": name, "_id": i, "digest": i, "activation": row.tolist()} for i, row in rows.items()]
    assert not any(bulk(index.client, documents))
    return name


def test_what_an_earlier_version_stored_is_copied_when_read_and_by_a_fit(index: ProductIndex) -> None:
    older = [
        _write_older(index, "look", ROWS),
        _write_older(index, "style", {name: row[:20] for name, row in ROWS.items() if name != "image-3"}),
    ]
    store = ActivationStore.open(index, "images", BOTH, "float32")
    assert "look, which the next fit copies and deletes, of 5 as dense_vector" in "\n".join(map(str, summaries(index)))
    read = store.get(["image-0", "image-3", "never seen"])
    assert set(read) == {"image-0"}  # image-3 lacks its style
    np.testing.assert_array_equal(read["image-0"]["look"], ROWS["image-0"])
    assert store.count() == 1

    running = ActivationStore.open(index, "images", BOTH, "float32")
    store.copy_older()
    assert store.count() == len(ROWS) - 1
    assert set(store.of("style").get(ROWS)) == set(ROWS) - {"image-3"}
    assert not index.client.indices.exists(index=older[0])
    assert not index.client.indices.exists(index=older[1])
    assert set(running.get(ROWS)) == set(ROWS) - {"image-3"}  # a worker that was started before
    store.copy_older()


def test_what_a_gpu_computed_can_be_found_in_a_store_of_an_earlier_version_too(index: ProductIndex) -> None:
    vectorizer = _Named("look")
    name = index.store(f"images-{manifest_digest({'look': vectorizer.manifest})}")
    mapping = image_vector.mapping({"look": vectorizer.manifest})
    mapping["properties"] = {n: f for n, f in mapping["properties"].items() if n not in Origin._fields}
    index.client.indices.create(index=name, mappings=mapping)
    for number, origin in enumerate([None, Origin("float32", "processes"), Origin("float16", "nvjpeg")]):
        store = ActivationStore.open(index, "images", {"look": vectorizer}, "float32", origin)
        store.put({f"image-{number}": {"look": ROWS["image-0"]}})
    index.client.indices.refresh(index=name)
    for term in ({"precision": "float16"}, {"decoder": "nvjpeg"}):
        hits = index.client.search(index=name, query={"term": term})["hits"]["hits"]
        assert [hit["_id"] for hit in hits] == ["image-2"]
    assert set(store.get(["image-0", "image-2"])) == {"image-0", "image-2"}


def test_the_pipeline_says_how_it_computes(client: Elasticsearch, settings: Settings, tmp_path: Path) -> None:
    shop = RollingShop(client, settings, tmp_path)
    shop.open(3)
    computed = {"bool": {"filter": [{"term": {"precision": "float32"}}, {"term": {"decoder": "processes"}}]}}
    client.indices.refresh(index=shop.index.store("images-*"))
    assert client.count(index=shop.index.store("images-*"), query=computed)["count"] == 3
