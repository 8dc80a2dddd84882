"""How far a rollout is, kept in Elasticsearch: whoever continues reads it there, and of two that do one stops."""

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
        Digest of what the new index is made from: mapping, settings, models, options.
    done : list of str
        Steps that need not be taken again.
    checkpoints : dict of str to int
        How far the changes of the old index are carried over.
    at_swap : dict of str to int
        The checkpoints of the new index when it became the live one: the old one may lack what changed since.
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
        """Read it as it is stored, by this version or by 0.1, which had other names for three fields."""
        return cls(**{_NAMES_OF_0_1.get(name, name): value for name, value in data.items()})


_NAMES_OF_0_1 = {"source": "old_index", "target": "new_index", "made_for": "inputs"}


@dataclass
class Kept:
    """The index that was live before, which writes still go to, and which of the live one's changes it held then."""

    index: str
    checkpoints: Checkpoints


@dataclass
class State:
    """What is known of rollouts: the one under way, and the index kept to go back to."""

    running: Running | None = None
    kept: Kept | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> State:
        """Read it as it is stored."""
        running, kept = data.get("running"), data.get("kept")
        return cls(Running.of(running) if running else None, Kept(**kept) if kept else None)


class StateStore:
    """The one document of a shop's rollouts, changed by compare-and-set."""

    def __init__(self, index: ProductIndex) -> None:
        self._client, self._index, self._id = index.client, index.store(rollout.KIND), "rollout"
        self._owner = secrets.token_hex(8)
        self._seen: dict[str, int] = {}

    def read(self) -> State:
        """Read the state. What is saved next must follow on this."""
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
            Another process has noted one since: it goes on, this one must not.
        """
        make_index(self._client, self._index, rollout.mapping())
        document = {"state": {**asdict(state), "owner": self._owner, "at": now()}}
        only: dict[str, Any] = dict(self._seen) or {"op_type": "create"}
        try:
            answer = self._client.index(index=self._index, id=self._id, document=document, **only)
        except ConflictError as error:
            answer = self._client.get(index=self._index, id=self._id)
            # The client sends again what it got no answer to: then it is our own state that is there.
            if answer["_source"] != document:
                raise IndexStateError("Another process has taken this rollout over; this one stops here") from error
        self._seen = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}
