"""The products that a file has."""

from __future__ import annotations

from indexer.catalog.events import Event, Update, Upsert


class FileProducts:
    """The products that the events of a file write; each takes about 100 bytes, however long its id is.

    Attributes
    ----------
    earliest : int or None
        The lowest version of them; None before the first.
    has_updates : bool
        Whether the file changes fields of products, too, as lists of events do, not exports.
    """

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self.earliest: int | None = None
        self.has_updates = False

    def add(self, event: Event) -> bool:
        """Note an event, and return whether it writes a product that an earlier one has written."""
        self.has_updates |= isinstance(event, Update)
        if not isinstance(event, Upsert):
            return False
        self.earliest = event.version if self.earliest is None else min(self.earliest, event.version)
        before = len(self._ids)
        self._ids.add(hash(event.id))  # 64 bits: two of ten million ids are taken for one with a chance of 1 in 400,000
        return len(self._ids) == before

    def __contains__(self, product_id: str) -> bool:
        return hash(product_id) in self._ids
