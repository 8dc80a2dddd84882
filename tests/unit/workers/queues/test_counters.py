from collections.abc import Mapping

import pytest

from workers.queues.counters import BufferedCounter


def test_counts_are_handed_on_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("workers.queues.counters.time.monotonic", lambda: now[0])
    recorded: list[Mapping[str, float]] = []
    served = BufferedCounter(recorded.append, seconds=2)
    for strategy in ("exact", "exact", "knn", "exact"):
        served.count(strategy)
    assert recorded == [{"exact": 1}]
    now[0] += 3
    served.count("knn")
    assert recorded[1:] == [{"exact": 2, "knn": 2}]
