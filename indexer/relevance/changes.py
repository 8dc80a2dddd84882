"""The history of a set that a team changes entry by entry, such as the synonyms: who added and removed what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import ConflictError, NotFoundError

from es_mappings.stores import publication as es_publication
from indexer.catalog.documents import now
from indexer.elastic.client import make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import EditConflictError

_ATTEMPTS = 5  # to write the next change, where others write theirs in the same moment


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes
    ----------
    number : int
        From 1, of this set.
    at : str
        When, in UTC, as ISO 8601 writes it.
    """

    number: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    author: str
    at: str
    note: str


class Changes:
    """The numbered changes of one set of a shop. Nothing is ever overwritten.

    Parameters
    ----------
    kind : str
        Which set.
    """

    def __init__(self, index: ProductIndex, kind: str) -> None:
        self._client, self._index, self._kind = index.client, index.store(es_publication.KIND), kind

    def latest(self, size: int) -> list[Change]:
        """Return the newest changes, the newest first."""
        try:
            search = es_publication.latest_changes(self._kind, size)
            hits = self._client.search(index=self._index, body=search)["hits"]["hits"]
        except NotFoundError:  # nothing was changed yet
            return []
        return [_read(hit["_source"]) for hit in hits]

    def add(self, added: Sequence[str], removed: Sequence[str], author: str, note: str = "") -> Change:
        """Write the next change.

        Raises
        ------
        EditConflictError
            Others have written theirs, again and again, in the same moments.
        """
        make_index(self._client, self._index, es_publication.mapping())
        for _ in range(_ATTEMPTS):
            newest = next(iter(self.latest(1)), None)
            number = newest.number + 1 if newest else 1
            fields = {"name": self._kind, "number": number, "author": author, "at": now(), "note": note}
            body = {"added": list(added), "removed": list(removed)}
            document = {"type": es_publication.CHANGE, "kind": self._kind, **fields, "body": body}
            try:
                self._client.create(index=self._index, id=f"{self._kind}@{number}", document=document, refresh=True)
            except ConflictError:
                continue
            return _read(document)
        raise EditConflictError(f"others are changing the {self._kind} in the same moment; try again")


def _read(source: dict[str, Any]) -> Change:
    body = source["body"]
    fields = {name: source[name] for name in ("number", "author", "at", "note")}
    return Change(added=tuple(body["added"]), removed=tuple(body["removed"]), **fields)
