"""Accepting and writing events."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from elasticsearch import ApiError

from indexer.catalog.feeds.mapping import read_mapping
from indexer.elastic.client import BulkFailure
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
        events=SimpleNamespace(add=queued.extend, first_seen=lambda *_: 1_000),
        counters=SimpleNamespace(count=lambda *_: None),
        tasks=SimpleNamespace(wake=lambda _task: None),
    )
    letters: list[DeadLetter] = []
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[columns]\nArtNr = "id"\nName = "title"\nFarbe = "attributes.color"\nBild = "images"\n')
    monkeypatch.setattr(resources, "mapping", lambda: read_mapping(mapping))
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(resources, "dead_letters", lambda: SimpleNamespace(add=letters.extend))
    good = {"type": "upsert", "product": {"ArtNr": 7, "Name": "Mug", "version": 3}}
    update = {"type": "update", "id": "7", "version": 4, "fields": {"Farbe": "red"}}
    untitled = {"type": "upsert", "product": {"ArtNr": 8}}
    relative = {"type": "upsert", "product": {"ArtNr": 9, "Name": "Mug", "Bild": "photos/mug.jpg"}}
    again = [{"type": "delete", "id": "9"}, {"type": "upsert", "product": {"ArtNr": 9, "Name": "Mug"}}]
    writing.accept([good, update, untitled, relative, *again], "task")
    assert [entry.event["type"] for entry in queued] == ["upsert", "update", "delete", "upsert"]
    # Those without a version have that of the first try, and those of one product their order.
    assert (queued[2].event["version"], queued[3].event["product"]["version"]) == (1_000, 1_001)
    assert queued[0].event["product"]["title"] == "Mug"
    assert queued[1].event["fields"] == {"attributes": {"color": "red"}}
    assert [("title" in letter.reason, "relative path" in letter.reason) for letter in letters] == [
        (True, False),
        (False, True),
    ]


def test_an_unexpected_error_is_the_reason_of_the_event_that_causes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    letters: list[tuple[str, str]] = []

    def apply(entries: list[Entry]) -> list[tuple[Entry, BulkFailure]]:
        if any(entry.id == "e3" for entry in entries):
            raise KeyError("a bug")
        written.extend(entry.id for entry in entries)
        return []

    def give_up(entries: list[Entry], reasons: list[str]) -> None:
        letters.extend(zip([entry.id for entry in entries], reasons, strict=True))

    queues = MagicMock()
    queues.events.take.side_effect = [[Entry({}, f"e{number}", 0.0) for number in range(10)], []]
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(writing, "_throttle", Throttle(0.001))
    monkeypatch.setattr(writing, "_apply", apply)
    monkeypatch.setattr(writing, "_to_dead_letters", give_up)
    assert writing.write_waiting("w") == 10
    assert sorted(written) == sorted(f"e{number}" for number in range(10) if number != 3)
    assert letters == [("e3", "KeyError: 'a bug'")]


def test_events_wait_where_no_single_one_is_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def apply(_: list[Entry]) -> None:
        raise ApiError("method_not_allowed", SimpleNamespace(status=405), {})  # type: ignore[arg-type]

    queues, entries = MagicMock(), [Entry({}, "e1", 0.0), Entry({}, "e2", 0.0)]
    queues.counters.streak.return_value = 1
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(writing, "_apply", apply)
    assert not writing._write(entries)
    queues.events.requeue.assert_called_once_with(entries)


def test_events_that_wait_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    queues, refused = MagicMock(), [(Entry({}, "e1", 0.0), BulkFailure("p", 403, "blocked by: write", "cluster_block"))]
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(writing, "_apply", lambda _: refused)
    queues.counters.streak.return_value = 1
    assert not writing._write([refused[0][0], Entry({}, "e2", 0.0)])
    [(queue, why)] = [call.args for call in queues.stalls.note.call_args_list]
    assert queue == "writing"
    assert "blocked by: write" in why
    queues.counters.count.assert_called_once_with("failures", "elasticsearch 403", 1)
    queues.events.requeue.assert_called_once_with([refused[0][0]])
