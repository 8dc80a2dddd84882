"""Catalogue events from the queue into Elasticsearch, in batches; products whose vector is due go on to be embedded."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence

from indexer.catalog.events import Delete, Event, parse_event
from indexer.catalog.loading import write_events
from indexer.elastic import indices
from indexer.elastic.client import BulkFailure
from indexer.elastic.dead_letters import DeadLetter
from indexer.errors import CatalogError, IndexStateError
from workers import failures, resources
from workers.app import EMBED_WAITING, WRITE_EVENTS
from workers.pace import Pace
from workers.queues import calls
from workers.queues.event_queue import Entry

log = logging.getLogger(__name__)

_BATCH = 500  # events a bulk request
_MAX_TRIES = 3  # of an event whose worker died
_STINT = 20.0  # seconds of one task where events never end: housekeeping has its turn, and no time limit is near

# More events come for one request while a process that has just made one waits; an event alone doesn't wait.
_pace = Pace(0.2)


def accept(events: Sequence[object], event_id: str) -> None:
    """Queue events that another system sent as a Celery task; what isn't valid goes to the dead letters.

    Raises
    ------
    QueueError
        Redis is full: the task is to be tried again.
    """
    good, letters = [], []
    for place, data in enumerate(events):
        name = f"{event_id}/{place}"
        try:
            good.append(Entry(parse_event(data).model_dump(mode="json"), name, time.time()))
        except CatalogError as error:
            log.warning("an event can't be used: %s", error, extra={"event": name})
            letters.append(DeadLetter("event", _product_of(data), str(error), data, name))
    resources.dead_letters().add(letters)
    resources.counters().count("failures", "invalid event", len(letters))
    if good:
        resources.events().add(good)
        resources.counters().count("events", "task", len(good))
        calls.call(resources.redis_client(), resources.settings().index_name, WRITE_EVENTS)


def _product_of(data: object) -> str:
    if not isinstance(data, dict):
        return ""
    inner = data.get("product")
    return str(data.get("id") or (inner.get("id") if isinstance(inner, dict) else "") or "")


def write_waiting(worker: str) -> int:
    """Write all events that wait; give how many were taken."""
    client, alias = resources.redis_client(), resources.settings().index_name
    calls.heard(client, alias, WRITE_EVENTS)
    taken, end = 0, time.monotonic() + _STINT
    while entries := _gathered(worker):
        taken += len(entries)
        if not _write(entries):
            break
        if time.monotonic() > end:
            calls.call(client, alias, WRITE_EVENTS)
            break
    return taken


def _gathered(worker: str) -> list[Entry]:
    _pace.wait(lambda: resources.events().depth() >= _BATCH)
    return resources.events().take(_BATCH, worker)


def _write(entries: list[Entry]) -> bool:
    """Write a batch; say whether Elasticsearch takes more."""
    given_up = [e for e in entries if e.tries > _MAX_TRIES]
    entries = [e for e in entries if e.tries <= _MAX_TRIES]
    _bury(given_up, [f"its worker died {_MAX_TRIES} times"] * len(given_up))
    events = [parse_event(entry.event) for entry in entries]
    try:
        outcome = _apply(events)
        later = [entry for entry, failure in zip(entries, outcome, strict=True) if failure and failure.transient]
        _settle(entries, events, outcome)
    except Exception as error:
        if not failures.is_transient(error):
            raise
        log.warning("%d events wait: %s", len(entries), error)
        resources.counters().count("failures", failures.reason(error), len(entries))
        later = entries
    if later:
        resources.events().add_again(later)
        some = len(later) < len(entries)  # a server that takes some is asked again soon
        wait = failures.pause(resources.counters().streak("writing", ended=some) or 1)
        calls.call(resources.redis_client(), resources.settings().index_name, WRITE_EVENTS, after=wait)
        return False
    resources.counters().streak("writing", ended=True)
    return True


def _apply(events: Sequence[Event]) -> list[BulkFailure | None]:
    client, alias = resources.elasticsearch(), resources.settings().index_name
    try:
        return write_events(client, alias, events)
    except IndexStateError:  # the shop's first events
        indices.ensure_index(client, alias)
        return write_events(client, alias, events)


def _settle(entries: list[Entry], events: list[Event], outcome: list[BulkFailure | None]) -> None:
    """Send on what was written, bury what was refused for good, then take both off the queue."""
    rows = list(zip(entries, events, outcome, strict=True))
    written = [(entry, event) for entry, event, failure in rows if failure is None]
    refused = [(entry, failure) for entry, _, failure in rows if failure and not failure.transient]
    for entry, event in written:
        log.info("written: %s", event.type, extra={"product": event.id, "event": entry.id})
    due = {event.id: entry.received for entry, event in reversed(written) if not isinstance(event, Delete)}
    _bury([entry for entry, _ in refused], [failure.reason for _, failure in refused])
    if due:
        embed(due, due)
    resources.counters().count("events_written", "", len(written))
    resources.events().done([entry for entry, _ in written])


def embed(ids: Iterable[str], received: Mapping[str, float] | None = None) -> None:
    """Queue products to be embedded, with the times that their events came."""
    resources.embedding().add(ids, received)
    calls.call(resources.redis_client(), resources.settings().index_name, EMBED_WAITING)


def _bury(entries: list[Entry], reasons: list[str]) -> None:
    letters = [
        DeadLetter("event", _product_of(entry.event), reason, entry.event, entry.id)
        for entry, reason in zip(entries, reasons, strict=True)
    ]
    for letter in letters:
        log.error("given up: %s", letter.reason, extra={"product": letter.product, "event": letter.event_id})
    resources.dead_letters().add(letters)
    resources.counters().count("failures", "event refused", len(letters))
    resources.events().done(entries)
