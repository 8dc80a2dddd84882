"""When the vectors of likes are read, and when those of an earlier snapshot will do."""

from typing import Any
from unittest.mock import MagicMock

import pytest
from elastic_transport import ObjectApiResponse

from search.anchors import AnchorReader, verify, with_recent
from search.errors import AnchorsChangedError
from search.snapshots import Snapshot
from tests.answers import answered

_FIRST, _SECOND, _REBUILT = Snapshot("shop-1", "first"), Snapshot("shop-1", "second"), Snapshot("shop-2", "third")


def _hit(product_id: str, number: int = 1, *, with_vector: bool = True) -> dict[str, Any]:
    source = {"id": product_id, "title": product_id, **({"vector": [1.0, 0.0]} if with_vector else {})}
    return {"_id": product_id, "_seq_no": number, "_primary_term": 1, "_source": source}


def _answer(*hits: dict[str, Any]) -> dict[str, Any]:
    return {"hits": {"hits": list(hits)}}


def _reader(*hits: dict[str, Any]) -> tuple[AnchorReader, list[set[str]]]:
    """Return a reader of an index with these products, and the ids that it asks for."""
    asked: list[set[str]] = []
    index = MagicMock()

    def msearch(searches: list[dict[str, Any]], index: str | None) -> ObjectApiResponse[Any]:
        ids = set(searches[1]["query"]["ids"]["values"])
        asked.append(ids)
        return answered({"responses": [_answer(*(hit for hit in map(dict, hits) if hit["_id"] in ids))]})

    index.client.msearch = msearch
    return AnchorReader(index), asked


def test_another_page_of_a_snapshot_reads_nothing_and_has_nothing_to_verify() -> None:
    reader, asked = _reader(_hit("a"))
    for _ in range(2):
        anchors = reader.read(_FIRST, {"a": 1.0, "gone": 1.0}, recent=True)
        assert ([a.id for a in anchors.usable], anchors.unverified) == (["a"], {})
    assert asked == [{"a", "gone"}]


def test_a_later_snapshot_takes_a_known_like_and_says_which_version_it_was() -> None:
    reader, asked = _reader(_hit("a", number=7), _hit("b"))
    reader.read(_FIRST, {"a": 1.0})
    anchors = reader.read(_SECOND, {"a": 1.0, "b": -1.0}, recent=True)
    assert ([a.id for a in anchors.usable], anchors.unverified) == (["a", "b"], {"a": (7, 1)})
    assert asked == [{"a"}, {"b"}]


def test_what_is_gone_is_asked_for_again() -> None:
    reader, asked = _reader()
    for snapshot in (_FIRST, _SECOND):
        assert [notice.code for notice in reader.read(snapshot, {"a": 1.0}, recent=True).warnings] == ["product_gone"]
    assert len(asked) == 2


@pytest.mark.parametrize(("snapshot", "recent"), [(_SECOND, False), (_REBUILT, True)])
def test_a_like_is_read_anew_where_an_earlier_one_will_not_do(snapshot: Snapshot, recent: bool) -> None:
    reader, asked = _reader(_hit("a"))
    reader.read(_FIRST, {"a": 1.0})
    assert reader.read(snapshot, {"a": 1.0}, recent=recent).unverified == {}
    assert len(asked) == 2


@pytest.mark.parametrize("now", [_answer(_hit("a", number=8)), _answer()], ids=["written", "deleted"])
def test_a_like_that_was_written_since_makes_the_page_be_read_by_new_ones(now: dict[str, Any]) -> None:
    reader, _ = _reader(_hit("a", number=7))
    reader.read(_FIRST, {"a": 1.0})
    tried: list[bool] = []

    def read(*, recent: bool) -> str:
        tried.append(recent)
        if recent:
            verify(reader.read(_SECOND, {"a": 1.0}, recent=True), now)
        return "a page"

    assert with_recent(read) == "a page"
    assert tried == [True, False]
    with pytest.raises(AnchorsChangedError):
        verify(reader.read(Snapshot("shop-1", "later"), {"a": 1.0}, recent=True), now)
    reader, _ = _reader(_hit("a", number=7))
    reader.read(_FIRST, {"a": 1.0})
    verify(reader.read(_SECOND, {"a": 1.0}, recent=True), _answer(_hit("a", number=7)))
