"""Listings wait for no other listing while Elasticsearch hangs."""

import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest

from es_mappings.product import ALIVE
from indexer import deadlines
from indexer.elastic.item_errors import item_error
from search.errors import IndexGoneError
from search.snapshots import Snapshot, Snapshots, search_in
from tests.answers import answered


class _Index:
    """An index whose points in time open when they are let."""

    def __init__(self) -> None:
        self.opened, self.asked, self.let = 0, threading.Event(), threading.Event()
        self.alias, self.client = "shop", MagicMock()
        self.client.open_point_in_time = self._open

    def live(self) -> str:
        return "shop-1"

    def _open(self, **_: Any) -> dict[str, str]:
        self.asked.set()
        self.let.wait()
        self.opened += 1
        return {"id": f"point {self.opened}"}


@pytest.fixture
def index() -> Iterator[_Index]:
    index = _Index()
    yield index
    index.let.set()


def test_a_listing_takes_an_older_snapshot_while_another_opens_one(
    index: _Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("search.snapshots.time.monotonic", lambda: now[0])
    snapshots = Snapshots(index)  # type: ignore[arg-type]
    index.let.set()
    assert snapshots.current().point_in_time == "point 1"
    assert snapshots.current().point_in_time == "point 1"
    index.let.clear()
    index.asked.clear()
    now[0] = 5.0
    opening = threading.Thread(target=snapshots.current)
    opening.start()
    index.asked.wait()
    assert snapshots.current().point_in_time == "point 1"
    index.let.set()
    opening.join()
    assert snapshots.current().point_in_time == "point 2"


def test_without_an_older_one_a_listing_waits_no_longer_than_it_may(index: _Index) -> None:
    snapshots = Snapshots(index)  # type: ignore[arg-type]
    opening = threading.Thread(target=snapshots.current)
    opening.start()
    index.asked.wait()
    with deadlines.within(0.05), pytest.raises(deadlines.DeadlineError):
        snapshots.current()
    index.let.set()
    opening.join()
    assert index.opened == 1


def test_listings_go_on_without_a_point_in_time_where_too_many_are_open(index: _Index) -> None:
    index.client.open_point_in_time = MagicMock(
        side_effect=item_error(429, {"type": "too_many_scroll_contexts_exception"}, answered({}).meta)
    )
    snapshot = Snapshots(index).current()  # type: ignore[arg-type]
    assert snapshot == Snapshot("shop-1", "")
    index.client.msearch.return_value = answered({"responses": [{"took": 1}]})
    assert search_in(index.client, snapshot, {"query": {"match_all": {}}, "size": 1}, "") == {"took": 1}
    [sent] = index.client.msearch.call_args_list
    assert sent.kwargs["index"] == "shop-1"
    # The alias would hide deleted products; the index itself doesn't.
    assert sent.kwargs["searches"][1] == {
        "query": {"bool": {"must": [{"match_all": {}}], "filter": [ALIVE]}}, "size": 1
    }  # fmt: skip


def test_a_reader_starts_over_in_a_new_snapshot_when_its_index_is_gone(index: _Index) -> None:
    index.let.set()
    seen: list[str] = []

    def read(snapshot: Snapshot) -> str:
        seen.append(snapshot.point_in_time)
        if len(seen) == 1:
            raise IndexGoneError
        return "answer"

    assert Snapshots(index).read(read) == "answer"  # type: ignore[arg-type]
    assert seen == ["point 1", "point 2"]
