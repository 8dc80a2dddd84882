from typing import cast

import pytest

from webapp.served import Served
from workers.queues.counters import Counters


class Noted:
    """Counters that note what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, float]] = []

    def count(self, name: str, label: str = "", by: float = 1) -> None:
        self.told.append((name, label, by))


def test_counts_are_handed_on_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("webapp.served.time.monotonic", lambda: now[0])
    noted = Noted()
    served = Served(cast("Counters", noted))
    for strategy in ("exact", "exact", "knn", "exact"):
        served.count(strategy)
    assert noted.told == [("served", "exact", 1)]
    now[0] += 3
    served.count("knn")
    assert sorted(noted.told[1:]) == [("served", "exact", 2), ("served", "knn", 2)]
