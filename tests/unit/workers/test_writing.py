"""Accepting and writing events."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from indexer.catalog.feeds.mapping import read_mapping
from indexer.elastic.dead_letters import DeadLetter
from workers import resources, writing
from workers.app import WRITE_EVENTS
from workers.queues.event_queue import Entry
from workers.throttle import Throttle


class Endless:
    """A queue that always has events."""

    def depth(self) -> int:
        return 1

    def take(self, most: int, worker: str) -> list[str]:
        del most, worker
        return ["an event"]

    def hold(self, entries: list[str], worker: str) -> AbstractContextManager[None]:
        del entries, worker
        return nullcontext()


def test_a_task_ends_and_wakes_the_next_where_events_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    tasks = SimpleNamespace(acknowledge=lambda _task: None, wake=woken.append)
    monkeypatch.setattr(resources, "queues", lambda: SimpleNamespace(events=Endless(), tasks=tasks))
    monkeypatch.setattr(writing, "_write", lambda _entries: True)
    monkeypatch.setattr(writing, "_throttle", Throttle(0.001))
    monkeypatch.setattr(writing, "_TASK_SECONDS", 0.02)
    assert writing.write_waiting("w") >= 1
    assert woken == [WRITE_EVENTS]


def test_a_task_may_have_the_shops_own_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    queued: list[Entry] = []
    queues = SimpleNamespace(
        events=SimpleNamespace(add=queued.extend),
        counters=SimpleNamespace(count=lambda *_: None),
        tasks=SimpleNamespace(wake=lambda _task: None),
    )
    letters: list[DeadLetter] = []
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[columns]\nArtNr = "id"\nName = "title"\nFarbe = "attributes.color"\n')
    monkeypatch.setattr(resources, "mapping", lambda: read_mapping(mapping))
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(resources, "dead_letters", lambda: SimpleNamespace(add=letters.extend))
    good = {"type": "upsert", "product": {"ArtNr": 7, "Name": "Mug", "version": 3}}
    update = {"type": "update", "id": "7", "version": 4, "fields": {"Farbe": "red"}}
    writing.accept([good, update, {"type": "upsert", "product": {"ArtNr": 8}}], "task")
    assert [entry.event["type"] for entry in queued] == ["upsert", "update"]
    assert queued[0].event["product"]["title"] == "Mug"
    assert queued[1].event["fields"] == {"attributes": {"color": "red"}}
    assert ["title" in letter.reason for letter in letters] == [True]
