"""The state of a rollout, stored in Elasticsearch, where another process can continue it, but only one at a time."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from elasticsearch import ConflictError, NotFoundError

from es_mappings.stores import rollout
from indexer.catalog.documents import now
from indexer.elastic.client import make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError

Checkpoints = dict[str, int]
"""Shard -> the last sequence number that was carried over; no entry: none."""


@dataclass
class Running:
    """A rollout under way.

    Attributes
    ----------
    kind : {"rebuild", "rollback"}
        Whether the new index is made from scratch, or was live before.
    old_index, new_index : str
        The index that is live when it begins, and the one that will be.
    inputs : str
        Digest of the new index's mapping, settings, models and options.
    done : list of str
        Steps that are finished.
    checkpoints : dict of str to int
        How far the changes of the old index are carried over.
    at_swap : dict of str to int
        The checkpoints of the new index when it became the live one; the old one may lack later changes.
    """

    kind: Literal["rebuild", "rollback"]
    old_index: str
    new_index: str
    inputs: str
    done: list[str] = field(default_factory=list)
    checkpoints: Checkpoints = field(default_factory=dict)
    at_swap: Checkpoints = field(default_factory=dict)
    begun_at: str = field(default_factory=now)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Running:
        """Read a stored rollout of this version, or of 0.1, which had other names for three fields."""
        return cls(**{_NAMES_OF_0_1.get(name, name): value for name, value in data.items()})


_NAMES_OF_0_1 = {"source": "old_index", "target": "new_index", "made_for": "inputs"}


@dataclass
class KeptIndex:
    """The previously live index, which still takes writes, and the changes it had when it was replaced."""

    index: str
    checkpoints: Checkpoints


@dataclass
class State:
    """The rollout under way, and the index that is kept to roll back to."""

    running: Running | None = None
    kept: KeptIndex | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> State:
        """Read a stored state."""
        running, kept = data.get("running"), data.get("kept")
        return cls(Running.of(running) if running else None, KeptIndex(**kept) if kept else None)


class StateStore:
    """The document that holds a shop's rollout state, changed by compare-and-set."""

    def __init__(self, index: ProductIndex) -> None:
        self._client, self._index, self._id = index.client, index.store(rollout.KIND), "rollout"
        self._owner = secrets.token_hex(8)
        self._seen: dict[str, int] = {}

    def read(self) -> State:
        """Read the state, which the next `save` must replace."""
        try:
            answer = self._client.get(index=self._index, id=self._id)
        except NotFoundError:
            self._seen = {}
            return State()
        self._seen = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}
        return State.of(answer["_source"]["state"])

    def save(self, state: State) -> None:
        """Write the state.

        Raises
        ------
        IndexStateError
            Another process has written one since and goes on; this one must stop.
        """
        make_index(self._client, self._index, rollout.mapping())
        document = {"state": {**asdict(state), "owner": self._owner, "at": now()}}
        only: dict[str, Any] = dict(self._seen) or {"op_type": "create"}
        try:
            answer = self._client.index(index=self._index, id=self._id, document=document, **only)
        except ConflictError as error:
            answer = self._client.get(index=self._index, id=self._id)
            # The client retries a request that got no answer; the stored state is then our own.
            if answer["_source"] != document:
                raise IndexStateError("Another process has taken this rollout over; this one stops") from error
        self._seen = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}
