"""Activations that no product uses are marked, then let go; what is used stays."""

from collections.abc import Iterator

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from es_mappings import image_vector
from indexer import indices, loading
from indexer.activation_store import ActivationStore
from indexer.catalog import parse_product
from indexer.documents import EmbeddedImage, embedded, source_digest
from indexer.elastic import bulk
from indexer.events import Upsert
from indexer.retention import kept, sweep
from indexer.settings import Settings
from indexer.vectorizers.base import ProductFields
from indexer.vectorizers.text import text_name


@pytest.fixture
def alias(client: Elasticsearch, settings: Settings) -> Iterator[str]:
    alias = f"{settings.index_name}-sweep"
    indices.ensure_index(client, alias)
    yield alias
    client.indices.delete(index=list(client.indices.get(index=f"{alias}*").body))


def _store(client: Elasticsearch, alias: str, kind: str, names: list[str]) -> ActivationStore:
    store = ActivationStore(client, alias, kind, "feed")  # type: ignore[arg-type]
    client.indices.create(index=store.index, mappings=image_vector.mapping({"aspect": kind}, 2))
    store.put({name: np.array([1.0, 0.5], np.float32) for name in names})
    return store


def test_what_no_product_uses_is_let_go_after_a_while(client: Elasticsearch, alias: str) -> None:
    product = parse_product({"id": "a", "title": "Red dress", "images": ["u"]})
    loading.apply_events(client, alias, [Upsert(type="upsert", product=product)])
    images = [EmbeddedImage("u", "used", None), EmbeddedImage("v", "second", None)]
    action = embedded(alias, "a", source_digest(product), None, images, space=None)
    assert list(bulk(client, [action], refresh=True)) == [None]
    words = text_name(ProductFields("Red dress"))
    pictures = _store(client, alias, "images", ["used", "second", "unused"])
    texts = _store(client, alias, "texts", [words, "old words"])

    assert sweep(client, alias, days=1) == 0
    assert (pictures.count(), texts.count()) == (3, 2)
    assert sweep(client, alias, days=0) == 2
    assert set(pictures.get(["used", "second", "unused"])) == {"used", "second"}
    assert set(texts.get([words, "old words"])) == {words}
    assert {(k.aspect, k.count) for k in kept(client, alias)} == {("images", 2), ("texts", 1)}
    assert all(k.size > 0 for k in kept(client, alias))
