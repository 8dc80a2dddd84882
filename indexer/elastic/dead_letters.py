"""Dead letters, stored in Elasticsearch, where they survive the loss of Redis."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from elasticsearch import NotFoundError
from elasticsearch.helpers import scan

from es_mappings.stores import dead_letter
from indexer.catalog.documents import now
from indexer.catalog.values.json_values import clean_text, clean_value
from indexer.elastic.client import bulk, make_index, put_all
from indexer.elastic.multi_get import get_sources
from indexer.elastic.product_index import ProductIndex

_DEPTH = 50  # levels of an event that are kept
_LONGEST_PRODUCT = 512  # characters: as many as an id may have


@dataclass(frozen=True)
class DeadLetter:
    """Work that can't succeed as it is.

    Attributes
    ----------
    kind : str
        ``event``: it was refused; ``embedding``: the product's vector can't be made.
    product : str
        The product's id, if the event names one.
    reason : str
        Why, in plain words.
    event : object
        The event as received; None for an embedding.
    event_id : str
        The event's id in the logs.
    at : str
        When it was given up.
    """

    kind: Literal["event", "embedding"]
    product: str
    reason: str
    event: Any = None
    event_id: str = ""
    at: str = ""

    @property
    def id(self) -> str:
        """The id of the letter; the same work has the same id when it fails again."""
        return hashlib.sha256(f"{self.kind}:{self.event_id or _kept(self.product)}".encode()).hexdigest()[:16]


class DeadLetters:
    """The dead letters of one shop."""

    def __init__(self, index: ProductIndex) -> None:
        self._client, self.index = index.client, index.store(dead_letter.KIND)

    def add(self, letters: Sequence[DeadLetter]) -> None:
        """Write letters.

        Raises
        ------
        IndexStateError
            Elasticsearch refused one: it isn't stored, so the work must stay in the queue.
        """
        if not letters:
            return
        make_index(self._client, self.index, dead_letter.mapping())
        documents = (
            {
                "_index": self.index,
                "_id": letter.id,
                "kind": letter.kind,
                "product": _kept(letter.product),
                # Wrapped, because an event may be something else than an object; as it came, as far as JSON goes.
                "event": {"as_it_came": clean_value(letter.event, _DEPTH)},
                "event_id": letter.event_id,
                "reason": clean_text(letter.reason)[:2_000],
                "at": now(),
            }
            for letter in letters
        )
        put_all(self._client, documents, "a dead letter")

    def latest(self, size: int = 100) -> list[DeadLetter]:
        """Return letters, the latest first."""
        try:
            self._client.indices.refresh(index=self.index)
            answer = self._client.search(index=self.index, **dead_letter.latest(size))
        except NotFoundError:
            return []
        return [_letter(hit["_source"]) for hit in answer["hits"]["hits"]]

    def get(self, ids: Sequence[str]) -> list[DeadLetter]:
        """Return letters by id; unknown ids are left out."""
        try:
            sources = get_sources(self._client, self.index, ids)
        except NotFoundError:
            return []
        return [_letter(source) for source in sources.values()]

    def all(self) -> Iterable[DeadLetter]:
        """Iterate over all letters."""
        try:
            self._client.indices.refresh(index=self.index)
            yield from (_letter(hit["_source"]) for hit in scan(self._client, index=self.index, size=500))
        except NotFoundError:
            return

    def count(self) -> int:
        """Count the letters."""
        try:
            return int(self._client.count(index=self.index)["count"])
        except NotFoundError:
            return 0

    def remove(self, letters: Iterable[DeadLetter]) -> int:
        """Delete letters; return how many existed."""
        actions = [{"_op_type": "delete", "_index": self.index, "_id": letter.id} for letter in letters]
        return sum(1 for failure in bulk(self._client, actions, refresh=True) if failure is None)


def _kept(product: str) -> str:
    """Return a product's id as a letter holds it, whose own id is made of the same."""
    return clean_text(product)[:_LONGEST_PRODUCT]


def _letter(source: Mapping[str, Any]) -> DeadLetter:
    event = source["event"]["as_it_came"]
    return DeadLetter(source["kind"], source["product"], source["reason"], event, source["event_id"], source["at"])
