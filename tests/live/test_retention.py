"""Unused activations and addresses are marked, then deleted; those that our or attached products use stay."""

import re
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
import redis
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from es_mappings.stores import image_vector
from indexer.activations.activation_store import ActivationStore
from indexer.activations.image_addresses import ImageAddresses
from indexer.attached.attachment import Attachment, Attachments, prepare
from indexer.attached.fields import FieldNames
from indexer.catalog.documents import EmbeddedImage, embedded, source_digest
from indexer.catalog.events import Upsert
from indexer.catalog.products import parse_product
from indexer.cli.main import main
from indexer.elastic import loading
from indexer.elastic.client import bulk
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.images.responses import Validators
from indexer.retention import Expired, expire, summaries
from indexer.settings import Settings
from indexer.vectorizers.base import ProductFields
from indexer.vectorizers.text import text_key
from workers import housekeeping, resources
from workers.queues import keys
from workers.queues.handle import Queues


@pytest.fixture
def index(client: Elasticsearch, settings: Settings) -> Iterator[ProductIndex]:
    index = ProductIndex(client, f"{settings.index_name}-sweep")
    index.ensure()
    yield index
    client.indices.delete(index=list(client.indices.get(index=index.store("*")).body))


def _store(index: ProductIndex, kind: str, names: list[str]) -> ActivationStore:
    store = ActivationStore(index.client, index.store(f"{kind}-feed"), {kind: 2})
    index.client.indices.create(index=store.index, mappings=image_vector.mapping({kind: {}}))
    store.put({name: {kind: np.array([1.0, 0.5], np.float32)} for name in names})
    return store


def _know(index: ProductIndex, *addresses: str) -> None:
    known = ImageAddresses(index, timedelta(hours=1))
    known.put({address: (f"digest of {address}", Validators()) for address in addresses})


def _addresses(index: ProductIndex, *addresses: str) -> set[str]:
    known = ImageAddresses(index, timedelta(hours=1))
    return set(known.known(dict.fromkeys(addresses), recheck=False))


def test_unused_activations_and_addresses_expire(index: ProductIndex) -> None:
    product = parse_product({"id": "a", "title": "Red dress", "images": ["u", "v"]})
    loading.apply_events(index, [Upsert(type="upsert", product=product)])
    images = [EmbeddedImage("u", "used", None), EmbeddedImage("v", "second", None)]
    action = embedded(index.alias, "a", source_digest(product), None, images, space=None)
    assert list(bulk(index.client, [action], refresh=True)) == [None]
    words = text_key(ProductFields("Red dress"))
    pictures = _store(index, "images", ["used", "second", "unused"])
    texts = _store(index, "texts", [words, "old words"])
    _know(index, "u", "v", "w")

    assert expire(index, days=1) == Expired(0, 0)
    assert (pictures.count(), texts.count()) == (3, 2)
    assert expire(index, days=0) == Expired(activations=2, addresses=1)
    assert set(pictures.get(["used", "second", "unused"])) == {"used", "second"}
    assert set(texts.get([words, "old words"])) == {words}
    assert _addresses(index, "u", "v", "w") == {"u", "v"}
    assert {(k.aspects, k.count) for k in summaries(index)} == {("images", 2), ("texts", 1)}
    assert all(k.size > 0 for k in summaries(index))


def test_what_an_attached_index_uses_stays(index: ProductIndex) -> None:
    theirs, client = index.store("theirs"), index.client
    client.indices.create(index=theirs, mappings={"properties": {"name": {"type": "text"}}})
    document = {"photos": [{"url": "u"}], "name": "Red dress"}
    client.index(index=theirs, id="1", document=document)
    attachment = Attachment(theirs, "lookalike", FieldNames("photos.url", title="name"))
    prepare(client, attachment)
    Attachments(index).save(attachment)
    ours = {"status": "done", "images": [{"image": "u", "digest": "used"}]}
    client.update(index=theirs, id="1", doc={"lookalike": ours}, refresh=True)
    words = text_key(ProductFields("Red dress"))
    pictures = _store(index, "images", ["used", "unused"])
    texts = _store(index, "texts", [words, "old words"])
    _know(index, "u", "w")

    expire(index, days=1)
    assert expire(index, days=0) == Expired(activations=2, addresses=1)
    assert set(pictures.get(["used", "unused"])) == {"used"}
    assert set(texts.get([words, "old words"])) == {words}
    assert _addresses(index, "u", "w") == {"u"}

    client.indices.delete(index=theirs)
    with pytest.raises(IndexStateError, match=f"There is no index {theirs}"):
        expire(index, days=0)
    assert set(pictures.get(["used"])) == {"used"}


def test_without_any_index_nothing_expires(client: Elasticsearch, settings: Settings) -> None:
    assert expire(ProductIndex(client, f"{settings.index_name}-none"), days=0) == Expired(0, 0)


def test_status_shows_the_stores_their_expiry_and_the_runtime(
    index: ProductIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    _store(index, "images", ["one", "two"])
    expire(index, days=1)
    for name, value in {"INDEX_NAME": index.alias, "KEEP_DAYS": "7", "RUNTIME": "onnx"}.items():
        monkeypatch.setenv(name, value)
    output = CliRunner().invoke(main, ["status"], catch_exceptions=False).output
    assert re.search(r"efficientnet_lite2 would run here in ONNX Runtime \d", output)
    assert re.search(r"Image Vector Store: [\d.]+ MiB; what no product uses is deleted after 7 days", output)
    assert re.search(r"-images-feed: images of 2 as float32, [\d.]+ MiB, [\d.]+ kB each, 2 unused", output)


def test_housekeeping_expires_once_a_day(
    index: ProductIndex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily_settings = settings.model_copy(update={"index_name": index.alias, "keep_days": 0})
    queues = Queues.open(daily_settings)
    for name, value in (("settings", daily_settings), ("index", index), ("queues", queues)):
        monkeypatch.setattr(resources, name, lambda value=value: value)
    pictures = _store(index, "images", ["unused"])
    housekeeping.prune()  # marks it
    housekeeping.prune()
    assert pictures.count() == 1
    queues.values.delete(keys.retention(index.alias))  # a day later
    housekeeping.prune()
    assert pictures.count() == 0
    assert queues.counters.read()["pruned", "activations"] == 1
    with redis.Redis.from_url(settings.redis_url) as server:
        server.delete(*server.scan_iter(f"{index.alias}:*"))
