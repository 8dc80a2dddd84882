"""Write catalogue events into the product index. Products are searchable by keyword at once; vectors follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from elastic_transport import SerializationError
from elasticsearch import BadRequestError
from more_itertools import chunked

from indexer.catalog import documents
from indexer.catalog.events import Delete, Event, parse_line
from indexer.catalog.feeds.feed import Feed
from indexer.catalog.feeds.reading import read_feed
from indexer.elastic import write_targets
from indexer.elastic.client import BulkFailure
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError

# What the content of a single event can cause: everything else concerns all of them, and is raised.
_CONTENT_ERRORS = (BadRequestError, SerializationError, ValueError, OverflowError)
_REASON = 1_000  # characters


@dataclass
class Outcome:
    """What became of a series of events, by product id."""

    written: list[str] = field(default_factory=list)  # or stored in a newer version already
    deleted: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # line number or id -> why


def write_events(index: ProductIndex, events: Sequence[Event]) -> list[BulkFailure | None]:
    """Write events in order, to every index that takes writes; the newest version of each field wins.

    Returns
    -------
    list of BulkFailure or None
        For each event, why it was refused, or None if it was accepted. If Elasticsearch refuses a whole request, or
        one can't be built, the events are halved until the one at fault stands alone.
    """
    try:
        return write_targets.write(index, [documents.write(index.alias, event) for event in events])
    except _CONTENT_ERRORS as error:
        if len(events) == 1:
            return [BulkFailure(events[0].id, 400, f"{type(error).__name__}: {error}"[:_REASON])]
        half = len(events) // 2
        return [*write_events(index, events[:half]), *write_events(index, events[half:])]


def apply_events(index: ProductIndex, events: Sequence[Event]) -> Outcome:
    """Write events in order, and return what became of each."""
    outcome = Outcome()
    for event, failure in zip(events, write_events(index, events), strict=True):
        if failure:
            outcome.refused[event.id] = failure.reason
        else:
            (outcome.deleted if isinstance(event, Delete) else outcome.written).append(event.id)
    return outcome


def load_file(index: ProductIndex, feed: Feed, *, chunk: int = 500) -> Iterator[Outcome]:
    """Write a file of products, events, or both, a chunk at a time: a file of any length takes little memory.

    Yields
    ------
    Outcome
        Of each chunk. Faulty lines are refused under ``line N``; the others are written.
    """
    for part in chunked(read_feed(feed, parse_line), chunk):
        outcome = apply_events(index, [line for _, line in part if not isinstance(line, CatalogError)])
        outcome.refused |= {f"line {number}": str(line) for number, line in part if isinstance(line, CatalogError)}
        yield outcome
