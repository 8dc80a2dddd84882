"""Write catalogue events into the product index. Products are searchable by keyword at once; vectors follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from more_itertools import chunked

from indexer.catalog import documents
from indexer.catalog.currencies import NO_RATES, Rates
from indexer.catalog.events import Delete, Event, Upsert, parse_line
from indexer.catalog.feeds.feed import Feed
from indexer.catalog.feeds.reading import read_feed
from indexer.catalog.file_products import FileProducts
from indexer.catalog.report import Outcome, Refusal
from indexer.catalog.values.changes import Changes
from indexer.elastic import write_targets
from indexer.elastic.client import Answer, BulkFailure
from indexer.elastic.containment import bisect_on_error
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError

_REASON = 1_000  # characters

Effect = Literal["written", "unchanged", "ignored", "deleted"]


def write_events(
    index: ProductIndex, events: Sequence[Event], answers: list[Answer] | None = None
) -> list[BulkFailure | None]:
    """Write events in order, to every index that takes writes; the newest version of each field wins.

    Parameters
    ----------
    answers : list of Answer, optional
        What the live index answers to each event is appended to it; see `effect`.

    Returns
    -------
    list of BulkFailure or None
        For each event, why it was refused, or None if it was accepted. If Elasticsearch refuses a whole request, or
        one can't be built, the events are halved until the one at fault stands alone.
    """

    def write(part: Sequence[Event]) -> list[BulkFailure | None]:
        return write_targets.write(index, [documents.write(index.alias, event) for event in part], answers=answers)

    def refuse(event: Event, error: Exception) -> list[BulkFailure | None]:
        if answers is not None:
            answers.append({})
        return [BulkFailure(event.id, 400, f"{type(error).__name__}: {error}"[:_REASON])]

    return [failure for part in bisect_on_error(write, events, refuse) for failure in part]


def effect(event: Event, answer: Answer) -> Effect:
    """Return what an accepted event did: nothing if a newer version is stored, or if it says what was known."""
    if answer["result"] == "noop":
        return "ignored"
    if isinstance(event, Delete):
        return "deleted"
    content = answer.get("get", {}).get("_source", {}).get("content", {})
    return "unchanged" if isinstance(event, Upsert) and content.get("version") != event.version else "written"


def apply_events(index: ProductIndex, events: Sequence[Event], lines: Sequence[int] | None = None) -> Outcome:
    """Write events in order, and return what became of each.

    Parameters
    ----------
    lines : sequence of int, optional
        The lines of a file that the events are from.
    """
    answers: list[Answer] = []
    failures = write_events(index, events, answers)
    outcome = Outcome(read=len(events))
    for event, failure, answer, line in zip(events, failures, answers, lines or [0] * len(events), strict=True):
        if failure:
            kind = f"refused by Elasticsearch: {failure.type or failure.status}"
            outcome.refused.append(Refusal(line, kind, f"{event.id}: {failure.reason}"))
            continue
        done = effect(event, answer)
        getattr(outcome, done).append(event.id)
        if done == "written" and not isinstance(event, Delete):
            outcome.images += len(event.product.images)
            outcome.currencies.update(filter(None, [event.product.currency]))
    return outcome


def load_file(
    index: ProductIndex, feed: Feed, *, chunk: int = 500, rates: Rates = NO_RATES, products: FileProducts | None = None
) -> Iterator[Outcome]:
    """Write a file of products, events, or both, a chunk at a time: a file of any length takes little memory.

    Of an id's lines the last counts, unless they have versions.

    Parameters
    ----------
    rates : Rates, optional
        Prices are converted by them.
    products : FileProducts, optional
        Notes what the file has.

    Yields
    ------
    Outcome
        Of each chunk. Faulty lines are refused; the others are written.
    """
    noted = FileProducts() if products is None else products
    for part in chunked(read_feed(feed, partial(_Line.parse, rates=rates)), chunk):
        sound = [(number, line) for number, line in part if isinstance(line, _Line)]
        outcome = apply_events(index, [line.event for _, line in sound], [number for number, _ in sound])
        outcome.changes = [(number, change) for number, line in sound for change in line.changes]
        outcome.repeated = [(number, line.event.id) for number, line in sound if noted.add(line.event)]
        faulty = [(number, line) for number, line in part if isinstance(line, CatalogError)]
        outcome.read += len(faulty)
        outcome.refused += [Refusal(number, error.kind, str(error)) for number, error in faulty]
        yield outcome


@dataclass(frozen=True)
class _Line:
    """A line that was read, with what was changed in its values."""

    event: Event
    changes: Changes

    @classmethod
    def parse(cls, data: object, folder: Path, rates: Rates) -> _Line:
        changes = Changes()
        return cls(parse_line(data, folder, changes=changes, rates=rates), changes)
