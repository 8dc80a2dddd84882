"""The sampled recall, and what follows from it."""

import logging
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from es_mappings.anchors import Anchor
from es_mappings.vector_index import SearchWidth
from workers import housekeeping, resources


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
