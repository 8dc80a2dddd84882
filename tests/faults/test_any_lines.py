"""Any line is a product written or a named refusal, whichever way it comes; the sound ones are all written."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, given
from hypothesis import settings as sized
from hypothesis import strategies as st

from indexer.catalog.event_lists import parse_events
from indexer.catalog.events import Event, parse_line, parse_stored_event
from indexer.catalog.feeds.feed import FeedOptions, open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.catalog.values.json_values import loads
from indexer.elastic.dead_letters import DeadLetter, DeadLetters
from indexer.elastic.loading import write_events
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError
from indexer.settings import Settings
from tests.faults.shop import FULL
from tests.lines import ANY, SOUND, WORDS
from workers import resources, writing

LINES = 5  # an example
# In parts, because Hypothesis keeps what it has tried until a test ends: 0.2 MB an example.
EXAMPLES, PARTS = (5_000, 20) if FULL else (40, 1)
WRITTEN = 200 if FULL else 6
_checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.fixture
def task(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Callable[[list[Any]], tuple[list[Any], list[DeadLetter]]]:
    """Return a function that sends events as a task, and returns what is queued and what becomes a dead letter."""
    # pytest keeps what is logged until a test ends, with all events that it is about.
    caplog.set_level(logging.CRITICAL, writing.log.name)

    class Queues:
        """Keeps what is queued."""

        def __init__(self) -> None:
            self.queued: list[Any] = []
            self.letters: list[DeadLetter] = []
            self.events = self.tasks = self.counters = self

        def add(self, items: list[Any]) -> None:
            (self.letters if items and isinstance(items[0], DeadLetter) else self.queued).extend(items)

        def count(self, *_: object) -> None:
            """Count nothing."""

        def first_seen(self, *_: object) -> int:
            """Return the time of the first try."""
            return 1

        wake = count

    def send(events: list[Any]) -> tuple[list[Any], list[DeadLetter]]:
        queues.queued, queues.letters = [], []
        writing.accept(events, "e")
        return queues.queued, queues.letters

    queues = Queues()
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(resources, "dead_letters", lambda: queues)
    return send


@pytest.mark.parametrize("part", range(PARTS))
@sized(max_examples=EXAMPLES, suppress_health_check=_checks)
@given(lines=st.lists(st.one_of(ANY, SOUND), min_size=LINES, max_size=LINES))
def test_any_json_line_comes_through_every_door_alike(
    lines: list[Any], part: int, tmp_path_factory: pytest.TempPathFactory, task: Callable[[list[Any]], Any]
) -> None:
    del part
    text = "\n".join(json.dumps(line) for line in lines)
    by_line = dict(_read(text, ".jsonl", tmp_path_factory))
    assert sorted(by_line) == list(range(1, len(lines) + 1))
    sound = [line["id"] for line in lines if isinstance(line, dict) and line.get("title") == "Sound"]
    loaded = [read.id for read in by_line.values() if not isinstance(read, CatalogError)]
    assert set(sound) <= set(loaded)

    events = [loads(json.dumps({"type": "upsert", "product": line})) for line in lines]
    accepted, errors = parse_events(events, 1)
    assert len(accepted) + len(errors) == len(events)
    assert all(error["detail"] for error in errors)
    queued, letters = task(events)
    assert len(queued) + len(letters) == len(events)
    assert [entry.event["product"]["id"] for entry in queued] == [event.id for _, event in accepted]
    assert set(sound) <= {event.id for _, event in accepted}
    for entry in queued:
        parse_stored_event(json.loads(json.dumps(entry.event, allow_nan=False)))


@pytest.mark.parametrize("part", range(PARTS))
@sized(max_examples=EXAMPLES, suppress_health_check=_checks)
@given(
    rows=st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=LINES, max_size=LINES),
    junk=st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"])),
)
def test_any_csv_text_is_read_row_by_row(
    rows: list[tuple[str, ...]], junk: str, part: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    del part
    written = io.StringIO(newline="")
    table = csv.writer(written)
    table.writerow(["id", "title", "price", "attributes.size"])
    for number, row in enumerate(rows):
        table.writerow([f"sound-{number}", "Sound", "19,99 €", row[2].replace("\0", "")])
        table.writerow([cell.replace("\0", "") for cell in row])
    text = f"{written.getvalue()}{junk}\nlast,Sound,,\n".encode(errors="replace").decode()
    read = [row for _, row in _read(text, ".csv", tmp_path_factory)]
    ids = [row.id for row in read if not isinstance(row, CatalogError)]
    assert {f"sound-{number}" for number in range(len(rows))} | {"last"} <= set(ids)


def _read(text: str, suffix: str, folders: pytest.TempPathFactory) -> Iterator[tuple[int, Event | CatalogError]]:
    file = folders.getbasetemp() / f"catalog{suffix}"
    file.write_text(text, encoding="utf-8", newline="")
    options = FeedOptions("json", "utf-8") if suffix == ".jsonl" else FeedOptions("csv", "utf-8", ",")
    yield from read_feed(open_feed(file, options), parse_line)


@pytest.fixture
def index(settings: Settings, client: Elasticsearch) -> ProductIndex:
    """Return an empty product index with our mapping."""
    index = ProductIndex(client, f"{settings.index_name}lines")
    index.ensure()
    return index


@sized(max_examples=WRITTEN, suppress_health_check=_checks)
@given(lines=st.lists(st.one_of(ANY, SOUND), min_size=20, max_size=60))
def test_elasticsearch_takes_whatever_is_accepted(lines: list[Any], index: ProductIndex) -> None:
    events, letters = [], []
    for number, line in enumerate(lines):
        try:
            events.append(parse_line(line))
        except CatalogError as error:
            letters.append(DeadLetter("event", "p", str(error), line, str(number)))
    assert [failure for failure in write_events(index, events) if failure] == []
    DeadLetters(index).add(letters)  # raises if one is refused
