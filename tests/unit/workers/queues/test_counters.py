from typing import cast

import pytest

from workers.queues.counters import BufferedCounter, Counters


class Recorded:
    """Counters that record what they are to count."""

    def __init__(self) -> None:
        self.counts: list[tuple[str, str, float]] = []

    def count(self, name: str, label: str = "", by: float = 1) -> None:
        self.counts.append((name, label, by))


def test_counts_are_handed_on_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("workers.queues.counters.time.monotonic", lambda: now[0])
    recorded = Recorded()
    served = BufferedCounter(cast("Counters", recorded), "served", seconds=2)
    for strategy in ("exact", "exact", "knn", "exact"):
        served.count(strategy)
    assert recorded.counts == [("served", "exact", 1)]
    now[0] += 3
    served.count("knn")
    assert sorted(recorded.counts[1:]) == [("served", "exact", 2), ("served", "knn", 2)]
