"""Rounding to the number format of a store, and what is kept with activations."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
import pytest
import torch
from elasticsearch import Elasticsearch

from es_mappings.layout import Vector
from es_mappings.stores import image_vector
from es_mappings.stores.image_vector import Origin
from indexer.activations import activation_store
from indexer.activations.activation_store import ActivationStore, as_stored
from indexer.activations.older_stores import OlderStores


def test_bfloat16_is_rounded_as_torch_rounds_it() -> None:
    raw = np.random.default_rng(1).normal(0, 1, 5_000).astype(np.float32)
    raw[:4] = 0, 1.00390625, 1.01171875, -1e30  # ties, to even
    np.testing.assert_array_equal(as_stored(raw, "bfloat16"), torch.from_numpy(raw).bfloat16().float().numpy())
    assert as_stored(raw, "float32") is raw
    strange = np.array([0x7FFFFFFF, 0x7FFFE000, 0xFFFFFFFF, 0x7F800000], np.uint32).view(np.float32)
    np.testing.assert_array_equal(as_stored(strange, "bfloat16"), [np.nan, np.nan, np.nan, np.inf])


class _Older(OlderStores):
    """Has every image, as an earlier version stored it."""

    def __init__(self) -> None:
        pass

    def get(self, digests: Sequence[str]) -> dict[str, dict[str, Vector]]:
        return {digest: {"look": np.ones(2, np.float32)} for digest in digests}


def test_activations_are_stored_with_how_they_were_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[dict[str, Any]] = []

    def put_all(_: Elasticsearch, documents: Iterable[dict[str, Any]], __: str) -> None:
        written.extend(documents)

    monkeypatch.setattr(activation_store, "put_all", put_all)
    monkeypatch.setattr(activation_store, "get_sources", lambda *_, **__: {})
    client, origin = cast("Elasticsearch", None), Origin("float16", "nvjpeg")
    store = ActivationStore(client, "images", {"look": 2}, older=_Older(), origin=origin)
    store.put({"computed": {"look": np.ones(2, np.float32)}})
    store.get(["copied"])  # by whom an earlier version doesn't say
    kept = {d["_id"]: {name: d.get(name) for name in ("precision", "decoder")} for d in written}
    assert kept == {
        "computed": {"precision": "float16", "decoder": "nvjpeg"},
        "copied": {"precision": None, "decoder": None},
    }
    fields = set(image_vector.mapping({"look": {}})["properties"])
    assert set(written[0]) - {"_index", "_id"} <= fields
