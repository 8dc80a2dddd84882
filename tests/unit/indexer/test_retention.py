"""What no product uses expires slice by slice, on products and stores in memory."""

from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import MagicMock

import pytest

from indexer import retention
from indexer.activations.image_addresses import address_id
from indexer.elastic.product_index import ProductIndex
from indexer.retention import Expired, Slice, _Used, expire, expire_slice, first_slice
from indexer.vectorizers.base import ProductFields
from indexer.vectorizers.text import text_key

LONG_AGO = "2020-01-01T00:00:00+00:00"
USED, UNUSED = range(40), range(40, 60)


class _Shop:
    """Sixty products' activations and addresses, of which forty products are left."""

    alias = "shop"

    def __init__(self) -> None:
        texts = [text_key(ProductFields(f"Mug {n}")) for n in (*USED, *UNUSED)]
        self.stores = {
            "images-feed": dict.fromkeys((f"digest {n}" for n in (*USED, *UNUSED)), LONG_AGO),
            "texts-feed": dict.fromkeys(texts, LONG_AGO),
            "image-addresses": dict.fromkeys((address_id(f"u{n}") for n in (*USED, *UNUSED)), LONG_AGO),
        }
        self.client = MagicMock()
        self.client.indices.get_mapping = self._mapping
        self.client.count.side_effect = lambda **_: {"count": sum(map(len, self.stores.values()))}

    def store(self, kind: str) -> str:
        return kind

    def scan(self, *_: Any, **__: Any) -> Iterator[Any]:
        for n in USED:
            source = {"images": [f"u{n}"], "embedding": {"image_digest": f"digest {n}"}, "title": f"Mug {n}"}
            yield {"_source": source}

    def _mapping(self, *, index: str | list[str], **_: Any) -> Any:
        names = ["images-feed", "texts-feed"] if isinstance(index, list) else [index]
        return MagicMock(body={name: {"mappings": {"properties": {"unused_since": {}}}} for name in names})

    def hits(self, _: Any, index: str, *__: Any) -> Iterator[Any]:
        for name, since in list(self.stores[index].items()):
            yield {"_index": index, "_id": name, "_source": {"unused_since": since}}

    def bulk(self, _: Any, actions: list[Any]) -> Iterator[None]:
        for action in actions:
            if action["_op_type"] == "delete":
                del self.stores[action["_index"]][action["_id"]]
            else:
                self.stores[action["_index"]][action["_id"]] = action["doc"]["unused_since"]
            yield None


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> _Shop:
    shop = _Shop()
    monkeypatch.setattr(retention, "Attachments", lambda _: MagicMock(all=list))
    monkeypatch.setattr(retention, "_scan", shop.hits)
    monkeypatch.setattr(retention, "bulk", shop.bulk)
    monkeypatch.setattr(retention, "_SLICE", 50)
    monkeypatch.setattr(retention, "_CHUNK", 3)
    return shop


def _index(shop: _Shop) -> ProductIndex:
    return cast(ProductIndex, cast(Any, shop))


def test_slices_together_expire_what_no_product_uses_and_nothing_else(shop: _Shop) -> None:
    assert expire(_index(shop), days=1) == Expired(activations=40, addresses=20)
    assert [len(store) for store in shop.stores.values()] == [40, 40, 40]
    assert set(shop.stores["images-feed"]) == {f"digest {n}" for n in USED}
    assert {since for store in shop.stores.values() for since in store.values()} == {None}  # used again


def test_one_slice_concerns_its_documents_alone_and_the_next_goes_on(shop: _Shop) -> None:
    part: Slice | None = first_slice(_index(shop))
    assert part == Slice(0, 4)  # of 180 documents, fifty each
    before = {name for store in shop.stores.values() for name in store}
    expired = expire_slice(_index(shop), 1, part)
    gone = before - {name for store in shop.stores.values() for name in store}
    assert gone
    assert len(gone) == expired.activations + expired.addresses < 60
    assert all(map(part.has, gone))
    while part := part.next:
        expire_slice(_index(shop), 1, part)
    assert [len(store) for store in shop.stores.values()] == [40, 40, 40]


def test_the_memory_holds_what_is_used_of_one_slice() -> None:
    parts = [_Used(Slice(number, 10)) for number in range(10)]
    for used in parts:
        for n in range(1_000):
            used.add([f"u{n}"], [f"digest {n}", None], ProductFields(f"Mug {n}"))
    assert sum(len(used.digests) for used in parts) == 2_000
    assert sum(len(used.addresses) for used in parts) == 1_000
    assert max(len(used.digests) for used in parts) < 300


@pytest.mark.parametrize("text", ["", "1", "done", "2/2", "0/0", "-1/2", "1/2/3", "\ufffd", "9" * 5_000 + "/1"])
def test_what_is_no_slice_is_not_read_as_one(text: str) -> None:
    assert Slice.parse(text) is None


def test_slices_are_read_as_they_were_written() -> None:
    assert Slice.parse(str(Slice(3, 6))) == Slice(3, 6)
    assert [Slice(4, 6).next, Slice(5, 6).next] == [Slice(5, 6), None]
