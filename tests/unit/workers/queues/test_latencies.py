"""Histograms of durations."""

from typing import Any

import pytest

from workers.queues.latencies import PAGES, REDIS, Latencies, distributions


class _Counters:
    """Counts that stand for those in Redis."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], float] = {}

    def count_labels(self, name: str, labels: dict[str, float]) -> None:
        for label, by in labels.items():
            self.counts[name, label] = self.counts.get((name, label), 0) + by


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    time = [100.0]
    monkeypatch.setattr("workers.queues.counters.time.monotonic", lambda: time[0])
    return time


def test_durations_of_several_processes_add_up(now: list[float]) -> None:
    counters: Any = _Counters()
    for process in (Latencies(counters), Latencies(counters)):
        for seconds in (0.004, 0.2, 0.25, 99.0):
            process.observe(PAGES, seconds, "pages", "2xx")
            now[0] += 3
    rows, total = distributions(counters.counts, PAGES)["pages", "2xx"]
    assert dict(rows) == {
        "0.005": 2, "0.01": 2, "0.025": 2, "0.05": 2, "0.1": 2, "0.25": 6, "0.5": 6, "1.0": 6, "2.5": 6, "5.0": 6,
        "10.0": 6, "+Inf": 8,
    }  # fmt: skip
    assert total == pytest.approx(2 * (0.004 + 0.2 + 0.25 + 99))


def test_few_durations_wait_for_redis(now: list[float]) -> None:
    counters: Any = _Counters()
    process = Latencies(counters)
    for _ in range(100):
        process.observe(REDIS, 0.001)
    assert sum(counters.counts.values()) < 2
    now[0] += 3
    process.observe(REDIS, 0.001)
    assert distributions(counters.counts, REDIS)[()][0][-1] == ("+Inf", 101)


def test_what_fails_is_measured_too() -> None:
    counters: Any = _Counters()
    with pytest.raises(ValueError, match="no"), Latencies(counters).measured(REDIS):
        raise ValueError("no")
    assert distributions(counters.counts, REDIS)


def test_what_others_write_to_redis_is_left_out() -> None:
    counts = {("seconds", "page|pages|0.1"): 1.0, ("seconds", "x"): 1.0, ("seconds", ""): 1.0, ("events", "a"): 1.0}
    assert distributions(counts, PAGES) == {}
