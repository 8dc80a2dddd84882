"""The sampled recall and what follows from it; the expiry of what no product uses."""

import logging
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from es_mappings.anchors import Anchor
from es_mappings.vector_index import SearchWidth
from indexer import retention
from indexer.retention import Expired, Slice
from workers import housekeeping, resources


class _Values:
    """Values in memory, as Redis returns them."""

    def __init__(self) -> None:
        self.kept = dict[str, bytes]()

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def set(self, key: str, value: str, seconds: float) -> None:
        assert seconds == 86_400
        self.kept[key] = value.encode()


class _Index:
    """An index that is read and stamped."""

    def __init__(self, **meta: Any) -> None:
        self.stamped, self._meta = dict[str, Any](), meta

    def at(self, name: str) -> "_Index":
        return self

    def live(self) -> str:
        return "shop-1"

    def meta(self) -> dict[str, Any]:
        return self._meta | self.stamped

    def stamp(self, **changed: Any) -> None:
        self.stamped |= changed

    def search(self, **_: Any) -> Any:
        return {"hits": {"hits": [{"_id": "a"}]}}

    def vectors(self, ids: list[str]) -> dict[str, Any]:
        return dict.fromkeys(ids, np.zeros(2, np.float32))


@pytest.mark.parametrize(
    ("recall", "factor", "becomes"), [(0.98, 1.0, 2.0), (0.98, 4.0, 8.0), (0.995, 4.0, 4.0), (0.9, 64.0, 64.0)]
)
def test_candidates_are_doubled_while_the_sampled_recall_is_too_low(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, recall: float, factor: float, becomes: float
) -> None:
    index, queues, sampled = _Index(vectors={"type": "int8_hnsw", "factor": factor}), MagicMock(), list[SearchWidth]()

    def measured(_: Anchor, width: SearchWidth) -> float:
        sampled.append(width)
        return recall

    monkeypatch.setattr(resources, "index", lambda: index)
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(housekeeping, "_recall", measured)
    queues.counters.streak.side_effect = lambda name, ended: 0 if ended else len(sampled)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert housekeeping.sample_recall() == recall
        assert not caplog.text  # it may be chance
        assert housekeeping.sample_recall() == recall
    assert sampled == 3 * [SearchWidth("int8_hnsw", factor)]  # as shoppers search
    assert SearchWidth.from_meta(index.meta()).factor == becomes
    assert ("from now on" in caplog.text) == (becomes != factor)
    queues.counters.set.assert_any_call("search_width", becomes)


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> list[Slice]:
    """Record the slices that expire; there are four."""
    expired: list[Slice] = []

    def expire_slice(_: Any, days: int, part: Slice) -> Expired:
        del days
        expired.append(part)
        return Expired(1, 1)

    queues = MagicMock(values=_Values())
    for name, value in (("index", MagicMock(alias="shop")), ("queues", queues), ("settings", MagicMock())):
        monkeypatch.setattr(resources, name, lambda value=value: value)
    monkeypatch.setattr(retention, "first_slice", lambda _: Slice(0, 4))
    monkeypatch.setattr(retention, "expire_slice", expire_slice)
    return expired


def test_expiry_goes_on_with_the_slice_at_which_its_time_was_up(
    slices: list[Slice], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 0.0, 149.0, 151.0, 1_000.0, *[1_000.0] * 9])
    monkeypatch.setattr(housekeeping, "time", MagicMock(monotonic=lambda: next(times)))
    housekeeping._expire()
    assert slices == [Slice(0, 4), Slice(1, 4)]
    housekeeping._expire()  # an hour later
    assert slices == [Slice(number, 4) for number in range(4)]
    housekeeping._expire()
    assert len(slices) == 4  # done for today


def test_expiry_goes_on_with_the_slice_at_which_it_was_killed(
    slices: list[Slice], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = retention.expire_slice

    def killed(index: Any, days: int, part: Slice) -> Expired:
        if part.number == 2:
            raise KeyboardInterrupt
        return whole(index, days, part)

    monkeypatch.setattr(retention, "expire_slice", killed)
    with pytest.raises(KeyboardInterrupt):
        housekeeping._expire()
    monkeypatch.setattr(retention, "expire_slice", whole)
    housekeeping._expire()
    assert slices == [Slice(number, 4) for number in range(4)]
