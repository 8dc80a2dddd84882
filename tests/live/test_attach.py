"""An attached index gets vectors, keeps its own fields, and loses ours when it is detached."""

import json
import secrets
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from elasticsearch import Elasticsearch

from es_mappings.product import LAYOUT
from indexer.attached.attachment import Attachment, Attachments, prepare
from indexer.attached.detaching import detach
from indexer.attached.fields import FieldNames
from indexer.attached.searching import similar_request
from indexer.attached.sweep import Sweep, Swept
from indexer.elastic.client import vector
from indexer.embedding.pipeline import Pipeline
from indexer.errors import ImageUnavailableError, IndexStateError, SpaceError
from indexer.settings import Settings
from indexer.spaces.vector_space import load_space
from indexer.vectorizers import Vectorizers
from indexer.vectorizers.attributes import AttributesVectorizer
from tests.live.rolling import Dice, RollingShop

NAMES = FieldNames("media.photos.url", "sku", "name", brand="maker.name", attributes=("color",))
MAPPING = {
    "dynamic": "strict",
    "_routing": {"required": True},
    "properties": {
        "sku": {"type": "keyword"},
        "name": {"type": "text"},
        "maker": {"properties": {"name": {"type": "keyword"}}},
        "color": {"type": "keyword"},
        "price": {"type": "double"},
        "live": {"type": "boolean"},
        "media": {"properties": {"photos": {"type": "nested", "properties": {"url": {"type": "keyword"}}}}},
        "theirs": {"type": "dense_vector", "dims": 3, "index": False},
        "odd": {"type": "object", "enabled": False},
    },
}
_ODD = '{"big": 12345678901234567890123, "exact": 0.1, "text": "\\u00e4 \\"q\\"", "none": null, "list": [1, [2.5]]}'


class Theirs:
    """Two indices of another owner behind one alias."""

    def __init__(self, client: Elasticsearch, settings: Settings, folder: Path) -> None:
        self.client, self.name = client, f"{settings.index_name}-theirs-{secrets.token_hex(3)}"
        self.url = settings.elasticsearch_url
        self.shop = RollingShop(client, settings, folder)
        for number in (1, 2):
            client.indices.create(
                index=f"{self.name}-{number}",
                mappings=MAPPING,
                settings={"number_of_shards": 2, "number_of_replicas": 0},
                aliases={self.name: {}},
            )
        for number in range(40):
            self.put(number)
        client.indices.refresh(index=self.name)

    def put(self, number: int, **changed: Any) -> None:
        """Write a whole document, as its owner does."""
        photos = [self.shop.upsert(n).product.images[0] for n in (number, number + 100)]
        document = {
            "sku": f"SKU-{number}",
            "name": f"Thing {number}",
            "maker": {"name": "Marlowe"},
            "color": ["red", "blue"][number % 2],
            "price": 10.5,
            "live": number != 39,
            "media": {"photos": [{"url": url} for url in photos[: 1 + number % 2]]},
            "theirs": [0.1, 0.2, 0.3],
            **changed,
        }
        body = json.dumps(document)[:-1] + f', "odd": {_ODD}}}'
        self.client.perform_request(
            "PUT",
            f"/{self.name}-{1 + number % 2}/_doc/d{number}",
            params={"routing": f"r{number % 3}"},
            headers={"content-type": "application/json", "accept": "application/json"},
            body=body.encode(),
        )

    def sources(self) -> dict[str, dict[str, Any]]:
        """Return every document, with numbers as they are written."""
        self.client.indices.refresh(index=self.name)
        body = {"size": 100, "_source": {"exclude_vectors": False}}
        answer = httpx.post(f"{self.url}/{self.name}/_search", json=body, trust_env=False)
        hits = json.loads(answer.text, parse_float=Decimal)["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in hits}


@pytest.fixture
def theirs(client: Elasticsearch, settings: Settings, tmp_path: Path) -> Iterator[Theirs]:
    theirs = Theirs(client, settings, tmp_path)
    attachment = Attachment(theirs.name, "lookalike", NAMES, {"term": {"live": True}})
    prepare(client, attachment)
    Attachments(theirs.shop.index).save(attachment)
    yield theirs
    client.indices.delete(index=[f"{theirs.name}-1", f"{theirs.name}-2"])


def sweep(theirs: Theirs) -> Swept:
    return Sweep(theirs.shop.index, theirs.shop.pipeline()).run(theirs.name)


def test_foreign_fields_stay_unchanged_and_detach_removes_ours(theirs: Theirs) -> None:
    before = theirs.sources()
    mappings = theirs.client.indices.get_mapping(index=theirs.name).body
    assert sweep(theirs).written == 39  # all except the one that the query excludes
    during = theirs.sources()
    ours = {i: source.pop("lookalike") for i, source in during.items() if "lookalike" in source}
    assert {o["status"] for o in ours.values()} == {"done"}
    assert set(before) - set(ours) == {"d39"}
    assert {i: json.dumps(s, default=str) for i, s in during.items()} == {
        i: json.dumps(s, default=str) for i, s in before.items()
    }
    after = theirs.client.indices.get_mapping(index=theirs.name).body
    for index, state in after.items():
        fields = dict(state["mappings"]["properties"])
        fields.pop("lookalike")
        assert {**state["mappings"], "properties": fields} == mappings[index]["mappings"] | {"properties": fields}
    assert detach(theirs.shop.index, theirs.name) == 39
    assert theirs.sources() == before
    with pytest.raises(IndexStateError, match="is not attached"):
        sweep(theirs)


def test_without_a_product_index_attributes_are_learned_from_the_attached_documents(theirs: Theirs) -> None:
    models = Vectorizers({"look": Dice("one")}, {"attributes": AttributesVectorizer()})
    shop = theirs.shop
    assert not theirs.client.indices.exists(index=shop.alias)
    swept = Sweep(shop.index, Pipeline(shop.index, shop.source, models, 32)).run(theirs.name)
    assert (swept.written, swept.failed) == (39, {})
    [place] = [aspect.part for aspect in LAYOUT.aspects if aspect.name == "attributes"]
    parts = {i: vector(source["lookalike"]["vector"])[place] for i, source in theirs.sources().items() if i != "d39"}
    red, also_red, blue = parts["d0"], parts["d2"], parts["d1"]
    assert red @ also_red > 0.9 > red @ blue
    assert not theirs.client.indices.exists(index=shop.alias)


def test_an_interrupted_detach_goes_on_with_the_next_call(theirs: Theirs, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(theirs)

    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError("Elasticsearch is down")

    with monkeypatch.context() as patch:
        patch.setattr("elasticsearch.Elasticsearch.update_by_query", fail)
        with pytest.raises(ConnectionError):
            detach(theirs.shop.index, theirs.name)
    with pytest.raises(IndexStateError, match="is being detached"):
        sweep(theirs)
    assert detach(theirs.shop.index, theirs.name) == 39
    assert not any("lookalike" in source for source in theirs.sources().values())


def test_a_sweep_under_way_leaves_nothing_in_a_detached_index(theirs: Theirs, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = theirs.shop.pipeline()
    embed, calls = pipeline.outcomes, iter([True])

    def outcomes(*arguments: Any) -> Any:
        """Detach the index while the first documents are embedded."""
        made = embed(*arguments)
        if next(calls, None):
            detach(theirs.shop.index, theirs.name)
        return made

    monkeypatch.setattr(pipeline, "outcomes", outcomes)
    with pytest.raises(IndexStateError):
        Sweep(theirs.shop.index, pipeline).run(theirs.name)
    assert not any("lookalike" in source for source in theirs.sources().values())


def test_a_sweep_embeds_exactly_the_documents_that_changed(theirs: Theirs) -> None:
    sweep(theirs)
    quiet = sweep(theirs)
    assert (quiet.written, quiet.failed) == (0, {})
    theirs.put(3, name="Another thing")
    theirs.put(4, price=1.25)  # written as a whole, as its owner does, so our fields are gone
    theirs.client.update(index=f"{theirs.name}-2", id="d5", routing="r2", doc={"price": 2})
    theirs.put(6, media={"photos": [{"url": "file:///nowhere.png"}]})
    theirs.put(50)
    theirs.client.delete(index=f"{theirs.name}-1", id="d8", routing="r2")
    swept = sweep(theirs)
    assert (swept.written, list(swept.failed)) == (3, ["d6"])
    sources = theirs.sources()
    assert sources["d5"]["lookalike"]["status"] == "done"
    assert sources["d6"]["lookalike"]["status"] == "failed"
    assert "d8" not in sources
    assert sources["d50"]["lookalike"]["status"] == "done"


def _failed_tries(theirs: Theirs) -> dict[str, tuple[Any, bool]]:
    """Return for each failed document the number of tries, and whether it will be tried again."""
    ours = {i: source["lookalike"] for i, source in theirs.sources().items() if "lookalike" in source}
    return {i: (o["tries"], bool(o["retry_at"])) for i, o in ours.items() if o["status"] == "failed"}


def test_an_unavailable_image_is_retried(theirs: Theirs, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(theirs)
    monkeypatch.setattr("indexer.attached.sweep._FIRST_PAUSE", 0.0)
    away = "http://127.0.0.1:9/away.png"
    theirs.put(6, media={"photos": [{"url": away}]})
    theirs.put(7, media={"photos": [{"url": "file:///nowhere.png"}]})  # never available
    pipeline = theirs.shop.pipeline()
    source, fetch = theirs.shop.source, theirs.shop.source.fetch_if_changed

    def unavailable(address: str, *more: Any) -> Any:
        if address == away:
            raise ImageUnavailableError("its server is away")
        return fetch(address, *more)

    monkeypatch.setattr(source, "fetch_if_changed", unavailable)
    run = Sweep(theirs.shop.index, pipeline).run
    assert set(run(theirs.name).failed) == {"d6", "d7"}
    assert _failed_tries(theirs) == {"d6": (2, True), "d7": (None, False)}  # retried once in the same sweep
    for _ in range(5):
        run(theirs.name)
    assert _failed_tries(theirs)["d6"] == (7, False)
    assert run(theirs.name).failed == {}
    monkeypatch.setattr(
        source, "fetch_if_changed", lambda a, *m: fetch(theirs.shop.upsert(9).product.images[0] if a == away else a, *m)
    )
    assert run(theirs.name).written == 0
    again = run(theirs.name, retry_failed=True)
    assert (again.written, list(again.failed)) == (1, ["d7"])
    assert set(_failed_tries(theirs)) == {"d7"}


def test_an_attached_index_is_sorted_by_similarity_to_its_own_ids(theirs: Theirs) -> None:
    sweep(theirs)
    theirs.client.indices.refresh(index=theirs.name)
    request = similar_request(theirs.shop.index, theirs.name, ["SKU-7"], size=5)
    hits = theirs.client.search(index=theirs.name, body=request)["hits"]
    assert hits["total"]["value"] == 38
    assert "d7" not in {hit["_id"] for hit in hits["hits"]}
    assert hits["hits"][0]["_score"] > hits["hits"][-1]["_score"] > 0
    with pytest.raises(IndexStateError, match="SKU-99 only 0 are in"):
        similar_request(theirs.shop.index, theirs.name, ["SKU-99"])


def test_an_index_that_can_not_be_attached_is_refused_with_the_reason(theirs: Theirs) -> None:
    client = theirs.client

    def refused(match: str, **changed: Any) -> None:
        fields = {"index": theirs.name, "object": "other", "names": NAMES, **changed}
        with pytest.raises(IndexStateError, match=match):
            prepare(client, Attachment(**fields))

    refused("There is no index", index=f"{theirs.name}-none")
    refused(r"no field nam \(--title\); it has name", names=FieldNames("media.photos.url", title="nam"))
    refused("has a field media of its own", object="media")
    closed = f"{theirs.name}-closed"
    photo = {"photo": {"type": "keyword"}}
    client.indices.create(index=closed, mappings={"_source": {"enabled": False}, "properties": photo})
    refused("keeps no _source", index=closed, names=FieldNames("photo"))
    client.indices.delete(index=closed)
    client.indices.create(index=closed, mappings={"properties": photo}, settings={"index.blocks.write": True})
    refused("takes no writes", index=closed, names=FieldNames("photo"))
    client.indices.delete(index=closed)


def test_no_space_is_fitted_while_no_image_is_available(theirs: Theirs, monkeypatch: pytest.MonkeyPatch) -> None:
    source, fetch = theirs.shop.source, theirs.shop.source.fetch_if_changed

    def unavailable(*_: Any) -> Any:
        raise ImageUnavailableError("its server is away")

    monkeypatch.setattr(source, "fetch_if_changed", unavailable)
    for _ in range(2):
        with pytest.raises(SpaceError, match="its server is away"):
            sweep(theirs)
    monkeypatch.setattr(source, "fetch_if_changed", fetch)
    assert sweep(theirs).failed == {}
    digest = Attachments(theirs.shop.index).read(theirs.name).space
    assert digest
    assert "look" in load_space(theirs.shop.index, digest).reductions
