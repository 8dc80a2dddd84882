"""Writing events: a task ends though events never do."""

from types import SimpleNamespace

import pytest

from workers import resources, writing
from workers.app import WRITE_EVENTS
from workers.pace import Pace
from workers.queues import calls


class Endless:
    """A queue that always has events."""

    def depth(self) -> int:
        return 1

    def take(self, most: int, worker: str) -> list[str]:
        del most, worker
        return ["an event"]


def test_a_task_ends_and_calls_the_next_where_events_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(resources, "redis_client", lambda: None)
    monkeypatch.setattr(resources, "settings", lambda: SimpleNamespace(index_name="shop"))
    monkeypatch.setattr(resources, "events", Endless)
    monkeypatch.setattr(calls, "heard", lambda *_: None)
    monkeypatch.setattr(calls, "call", lambda _client, _alias, task: called.append(task))
    monkeypatch.setattr(writing, "_write", lambda _entries: True)
    monkeypatch.setattr(writing, "_pace", Pace(0.001))
    monkeypatch.setattr(writing, "_STINT", 0.02)
    assert writing.write_waiting("w") >= 1
    assert called == [WRITE_EVENTS]
