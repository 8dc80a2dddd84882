"""Products that a file has more than once."""

from __future__ import annotations

from indexer.catalog.events import Event, Upsert


class Repeats:
    """The products seen so far; each takes about 100 bytes, however long its id is."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def has(self, event: Event) -> bool:
        """Return whether an event writes a product that one before has written; updates and deletions may follow."""
        if not isinstance(event, Upsert):
            return False
        before = len(self._seen)
        self._seen.add(
            hash(event.id)
        )  # 64 bits: two of ten million ids are taken for one with a chance of 1 in 400,000
        return len(self._seen) == before
