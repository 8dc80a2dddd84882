"""The Image Vector Store returns what was written, to the bit, whatever its number format."""

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from es_mappings.stores.image_vector import Numbers
from indexer.activations.activation_store import ActivationStore
from indexer.activations.image_vector_store import ImageVectorStore
from indexer.elastic.client import capabilities
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.retention import summaries
from indexer.settings import Settings

DIMS = 640
SCALES = (1e-3, 0.1, 1.0, 30.0, 1e4)
ROWS = {
    f"image-{n}": np.random.default_rng(n).normal(0, scale, DIMS).astype(np.float32) for n, scale in enumerate(SCALES)
}


class _Named:
    dims = DIMS

    def __init__(self, name: str) -> None:
        self.manifest: dict[str, Any] = {"aspect": name}


@pytest.fixture
def index(client: Elasticsearch, settings: Settings) -> Iterator[ProductIndex]:
    index = ProductIndex(client, f"{settings.index_name}-store")
    yield index
    client.indices.delete(index=list(client.indices.get(index=index.store("*")).body))


@pytest.mark.parametrize("numbers", get_args(Numbers))
def test_reads_return_what_put_returned_before_and_after_a_refresh(index: ProductIndex, numbers: Numbers) -> None:
    store = ActivationStore.open(index, "images", _Named(numbers), numbers)
    written = store.put(ROWS)
    assert set(written) == set(ROWS)
    for refreshed in (False, True):
        if refreshed:
            assert store.count() == len(ROWS)
        rows = store.get([*ROWS, "never seen"])
        for name, raw in ROWS.items():
            np.testing.assert_array_equal(rows[name], written[name])
            np.testing.assert_allclose(rows[name], raw, rtol=2**-8 if numbers == "bfloat16" else 0)
    np.testing.assert_array_equal(store.sample(20), np.stack([written[name] for name in sorted(ROWS)]))


def test_an_existing_store_keeps_its_number_format(index: ProductIndex) -> None:
    store = ActivationStore.open(index, "images", _Named("look"), "bfloat16")
    store.put({"one": ROWS["image-0"]})
    again = ActivationStore.open(index, "images", _Named("look"), "float32")
    two = again.put({"two": ROWS["image-1"]})["two"]
    kept = "bfloat16" if capabilities(index.client).bfloat16 else "float32"
    assert np.array_equal(two, ROWS["image-1"]) == (kept == "float32")
    np.testing.assert_array_equal(again.get(["two"])["two"], two)
    assert [(k.aspect, k.count, k.numbers) for k in summaries(index)] == [("look", 2, kept)]


def test_an_image_that_lacks_an_aspect_is_left_out(index: ProductIndex) -> None:
    look = ActivationStore.open(index, "images", _Named("look"), "bfloat16")
    style = ActivationStore.open(index, "images", _Named("style"), "float32")
    store = ImageVectorStore(index.client, {"look": look, "style": style})
    assert store.get([]) == {}
    written = store.put({name: {"look": raw, "style": raw} for name, raw in ROWS.items()})
    look.put({"half": ROWS["image-0"]})
    activations = store.get(["half", *ROWS, "never seen", "image-0"])
    assert set(activations) == set(ROWS)
    for name, raw in ROWS.items():
        np.testing.assert_array_equal(written[name]["style"], raw)
        assert set(activations[name]) == {"look", "style"}
        for aspect, row in activations[name].items():
            np.testing.assert_array_equal(row, written[name][aspect])


def test_one_refused_activation_is_an_error(index: ProductIndex) -> None:
    look = ActivationStore.open(index, "images", _Named("look"))
    store = ImageVectorStore(index.client, {"look": look})
    with pytest.raises(IndexStateError, match=r"an activation, bad: .*dimension"):
        store.put({"good": {"look": ROWS["image-0"]}, "bad": {"look": ROWS["image-1"][:-1]}})
    assert set(store.get(["good", "bad"])) == {"good"}
