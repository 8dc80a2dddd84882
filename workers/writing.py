"""Write queued catalogue events to Elasticsearch in batches, and queue the affected products for embedding."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence

from indexer.catalog.event_lists import parse_events
from indexer.catalog.events import Delete, Event, parse_stored_event
from indexer.catalog.values.json_values import clean_value
from indexer.elastic.client import Answer, BulkFailure
from indexer.elastic.containment import bisect_on_error, concerns_all
from indexer.elastic.dead_letters import DeadLetter
from indexer.elastic.loading import write_events
from indexer.errors import CatalogError, IndexStateError
from workers import failures, resources
from workers.app import EMBED_WAITING, WRITE_EVENTS
from workers.queues.event_queue import Entry
from workers.throttle import Throttle

log = logging.getLogger(__name__)

_BATCH = 500  # events per bulk request
_MAX_TRIES = 4  # of an event whose worker died: the last one alone, see EventQueue.take
_TASK_SECONDS = 20.0  # after which a task ends even if events keep coming, so that other tasks get their turn

# Events gather between two bulk requests; a single event does not wait.
_throttle = Throttle(0.2)


def accept(events: Sequence[object], event_id: str) -> None:
    """Queue events that another system sent as a Celery task; invalid ones become dead letters.

    Raises
    ------
    QueueError, IndexStateError, elasticsearch.ApiError
        Redis is down or full, or dead letters can't be written: the task must be tried again, which does no harm.
    """
    queues, received = resources.queues(), time.time()
    # Events without a version take the time of the first try, so that a later one doesn't override newer events.
    version = queues.events.first_seen(event_id, received)
    parsed, errors = parse_events(list(events), version, resources.rates(), resources.mapping())
    if parsed:
        # Before the dead letters: where those can't be written, valid events are queued all the same.
        queues.events.add([Entry(e.model_dump(mode="json"), f"{event_id}/{n}", received) for n, e in parsed])
        queues.counters.count("events", "task", len(parsed))
        queues.tasks.wake(WRITE_EVENTS)
    letters = []
    for error in errors:
        data, name = events[error["index"]], f"{event_id}/{error['index']}"
        log.warning("invalid event: %s", error["detail"], extra={"event": name})
        letters.append(DeadLetter("event", _product_of(data), error["detail"], data, name))
    resources.dead_letters().add(letters)
    queues.counters.count("failures", "invalid event", len(letters))


def _product_of(data: object) -> str:
    data = clean_value(data, depth=2)
    if not isinstance(data, dict):
        return ""
    product = data.get("product")
    return str(data.get("id") or (product.get("id") if isinstance(product, dict) else "") or "")


def write_waiting(worker: str) -> int:
    """Write all waiting events, and return how many were taken."""
    tasks = resources.queues().tasks
    tasks.acknowledge(WRITE_EVENTS)
    taken, end = 0, time.monotonic() + _TASK_SECONDS
    while entries := _take(worker):
        taken += len(entries)
        with resources.queues().events.hold(entries, worker):
            accepts_more = list(bisect_on_error(_write, entries, _give_up))
        if not all(accepts_more):
            break
        if time.monotonic() > end:
            tasks.wake(WRITE_EVENTS)
            break
    return taken


def _take(worker: str) -> list[Entry]:
    events = resources.queues().events
    _throttle.wait(lambda: events.depth() >= _BATCH)
    return events.take(_BATCH, worker)


def _write(entries: Sequence[Entry]) -> bool:
    """Write a batch, and return whether Elasticsearch accepts more.

    Raises
    ------
    Exception
        An event of the batch causes it.
    """
    queues = resources.queues()
    try:
        refused = _apply(entries)
    except Exception as error:
        if failures.is_transient(error) or concerns_all(error):
            return _postpone(entries, failures.reason(error), failures.explain(error))
        raise
    if refused:
        failure = refused[0][1]
        later = [entry for entry, _ in refused]
        partly = len(later) < len(entries)
        return _postpone(later, failures.reason(failure), failures.explain(failure), partly=partly)
    queues.counters.streak("writing", ended=True)
    queues.stalls.end("writing")
    return True


def _give_up(entry: Entry, error: Exception) -> bool:
    """Make an event that can't be written a dead letter; return that Elasticsearch accepts others."""
    log.error("an event can't be written", extra={"event": entry.id}, exc_info=error)
    _to_dead_letters([entry], [f"{type(error).__name__}: {error}"])
    return True


def _postpone(entries: Sequence[Entry], reason: str, why: str, *, partly: bool = False) -> bool:
    """Requeue what Elasticsearch or Redis doesn't accept now, and wake a worker for it later; return False."""
    queues = resources.queues()
    log.warning("%d events wait: %s", len(entries), why)
    queues.counters.count("failures", reason, len(entries))
    queues.stalls.note("writing", why)
    queues.events.requeue(entries)
    # A server that accepted some is retried soon.
    queues.tasks.wake(WRITE_EVENTS, after=failures.pause(queues.counters.streak("writing", ended=partly) or 1))
    return False


def _apply(entries: Sequence[Entry]) -> list[tuple[Entry, BulkFailure]]:
    """Write entries, and return those that Elasticsearch may accept later; all others leave the queue."""
    given_up = [e for e in entries if e.tries > _MAX_TRIES]
    _to_dead_letters(given_up, [f"its worker died {_MAX_TRIES} times"] * len(given_up))
    valid, events = _parse([e for e in entries if e.tries <= _MAX_TRIES])
    outcome = _send(events)
    _settle(valid, events, outcome)
    return [(entry, f) for entry, f in zip(valid, outcome, strict=True) if f and f.transient]


def _parse(entries: list[Entry]) -> tuple[list[Entry], list[Event]]:
    """Parse queued events; those that are no longer valid, as after an upgrade, become dead letters."""
    valid, events, invalid, reasons = [], [], [], []
    for entry in entries:
        try:
            events.append(parse_stored_event(entry.event))
            valid.append(entry)
        except CatalogError as error:
            invalid.append(entry)
            reasons.append(str(error))
    _to_dead_letters(invalid, reasons)
    return valid, events


def _send(events: Sequence[Event]) -> list[BulkFailure | None]:
    index, answers = resources.index(), list[Answer]()
    try:
        outcome = write_events(index, events, answers)
    except IndexStateError:  # the shop's first events
        index.ensure()
        answers.clear()
        outcome = write_events(index, events, answers)
    ignored = sum(answer.get("result") == "noop" for answer in answers)
    resources.queues().counters.count("events_ignored", "", ignored)
    resources.queues().counters.count("events_written", "", outcome.count(None) - ignored)
    return outcome


def _settle(entries: list[Entry], events: list[Event], outcome: list[BulkFailure | None]) -> None:
    """Queue written products for embedding, make dead letters of permanent failures, and acknowledge both."""
    rows = list(zip(entries, events, outcome, strict=True))
    written = [(entry, event) for entry, event, failure in rows if failure is None]
    refused = [(entry, failure) for entry, _, failure in rows if failure and not failure.transient]
    for entry, event in written:
        log.info("written: %s", event.type, extra={"product": event.id, "event": entry.id})
    due = {event.id: entry.received for entry, event in reversed(written) if not isinstance(event, Delete)}
    _to_dead_letters([entry for entry, _ in refused], [failure.reason for _, failure in refused])
    if due:
        embed(due, due)
    resources.queues().events.acknowledge([entry for entry, _ in written])


def embed(ids: Iterable[str], received: Mapping[str, float] | None = None) -> None:
    """Queue products for embedding, with the times at which their events arrived."""
    queues = resources.queues()
    queues.embedding.add(ids, received)
    queues.tasks.wake(EMBED_WAITING)


def _to_dead_letters(entries: list[Entry], reasons: list[str]) -> None:
    letters = [
        DeadLetter("event", _product_of(entry.event), reason, entry.event, entry.id)
        for entry, reason in zip(entries, reasons, strict=True)
    ]
    for letter in letters:
        log.error("given up: %s", letter.reason, extra={"product": letter.product, "event": letter.event_id})
    resources.dead_letters().add(letters)
    resources.queues().counters.count("failures", "event refused", len(letters))
    resources.queues().events.acknowledge(entries)
