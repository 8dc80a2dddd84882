"""Write catalogue events into the product index: products are found by keyword at once, vectors follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

from elasticsearch import Elasticsearch

from indexer import documents, targets
from indexer.catalog import Delete, Product, Upsert, read_catalog
from indexer.errors import CatalogError

T = TypeVar("T")


@dataclass
class Outcome:
    """What became of a run of events."""

    written: list[str] = field(default_factory=list)  # ids whose product was written, or was there in a newer version
    deleted: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # line number or id -> why


def apply_events(
    client: Elasticsearch, alias: str, events: Sequence[Upsert | Delete], *, refresh: bool = False
) -> Outcome:
    """Write events in order, to every index that takes writes; the newest version of a product wins."""
    outcome = Outcome()
    actions = [
        documents.upsert(alias, e.product) if isinstance(e, Upsert) else documents.delete(alias, e) for e in events
    ]
    for event, failure in zip(events, targets.write(client, alias, actions, refresh=refresh), strict=True):
        if isinstance(event, Delete):
            # 404: it is gone already, which is what was asked for.
            if failure and failure.status != 404:
                outcome.refused[event.id] = failure.reason
            else:
                outcome.deleted.append(event.id)
        elif failure:
            outcome.refused[event.product.id] = failure.reason
        else:
            outcome.written.append(event.product.id)
    return outcome


def load_file(client: Elasticsearch, alias: str, path: Path, *, chunk: int = 500) -> Iterator[Outcome]:
    """Write a catalogue file, a chunk at a time, so that a file of any length takes little memory.

    Yields
    ------
    Outcome
        One a chunk. Lines that can't be used are refused under ``line N``; the others are written.
    """
    for part in _chunks(read_catalog(path), chunk):
        products = [Upsert(type="upsert", product=p) for _, p in part if isinstance(p, Product)]
        outcome = apply_events(client, alias, products)
        outcome.refused |= {f"line {number}": str(p) for number, p in part if isinstance(p, CatalogError)}
        yield outcome


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part
