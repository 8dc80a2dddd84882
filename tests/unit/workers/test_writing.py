"""Writing events: a task ends though events never do."""

from types import SimpleNamespace

import pytest

from workers import resources, writing
from workers.app import WRITE_EVENTS
from workers.throttle import Throttle


class Endless:
    """A queue that always has events."""

    def depth(self) -> int:
        return 1

    def take(self, most: int, worker: str) -> list[str]:
        del most, worker
        return ["an event"]


def test_a_task_ends_and_wakes_the_next_where_events_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    tasks = SimpleNamespace(acknowledge=lambda _task: None, wake=woken.append)
    monkeypatch.setattr(resources, "queues", lambda: SimpleNamespace(events=Endless(), tasks=tasks))
    monkeypatch.setattr(writing, "_write", lambda _entries: True)
    monkeypatch.setattr(writing, "_throttle", Throttle(0.001))
    monkeypatch.setattr(writing, "_TASK_SECONDS", 0.02)
    assert writing.write_waiting("w") >= 1
    assert woken == [WRITE_EVENTS]
