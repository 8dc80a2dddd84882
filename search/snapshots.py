"""What a listing is read from: one index at one point in time, and what its vectors mean.

The alias may move to another index at any moment, so each search is bound to the index of a snapshot: anchors, vector
layout and calibration all come from that one index.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cachetools import TTLCache
from elasticsearch import ApiError, Elasticsearch

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.calibration import Calibration
from es_mappings.layout import Layout
from es_mappings.queries import KEEP_ALIVE
from indexer import deadlines
from indexer.elastic.product_index import ProductIndex
from search.errors import IndexGoneError, gone

T = TypeVar("T")

_SHARED_SECONDS = 1.0  # as long as Elasticsearch's own refresh interval
_MEANING_SECONDS = 60.0  # an index's space never changes; its calibration changes rarely
_STALE_SECONDS = 30.0  # less than a point in time is kept without being used
_ATTEMPTS = 5


@dataclass(frozen=True)
class Snapshot:
    """An index, and the id of a point in time opened on it."""

    index: str
    point_in_time: str


@dataclass(frozen=True)
class VectorMeaning:
    """What the vectors of an index mean.

    Attributes
    ----------
    space : str or None
        Digest of the vector space; None before one is fitted.
    layout : Layout
        Position of each aspect in the vector.
    calibration : Calibration or None
        From similarity to match percentage.
    weights : CategoryWeights
        How much each aspect counts in a category.
    """

    space: str | None
    layout: Layout
    calibration: Calibration | None
    weights: CategoryWeights


def search_in(client: Elasticsearch, snapshot: Snapshot, request: dict[str, Any], cursor: str) -> dict[str, Any]:
    """Send a search of a snapshot's point in time, and return Elasticsearch's answer.

    Raises
    ------
    ParameterError, IndexGoneError
        The point in time has expired, or its index was deleted; the former if a cursor led there.
    """
    try:
        return dict(client.search(body=request).body)
    except ApiError as error:
        # 404: the point in time has expired. A search of a deleted index fails with 503.
        if error.status_code == 404 or not client.indices.exists(index=snapshot.index):
            raise gone(cursor) from error
        raise


class Snapshots:
    """Opens at most one point in time per second, shared by all listings that start in it.

    One per request would keep thousands of old segments alive. With one per second their number is bounded, because
    Elasticsearch closes unused ones.
    """

    def __init__(self, index: ProductIndex) -> None:
        self._index = index
        self._lock = threading.Lock()  # of the fields below, never held while Elasticsearch is asked
        self._opening = threading.Lock()  # held by the thread that opens a point in time
        self._opened, self._current = float("-inf"), Snapshot("", "")
        self._meanings: TTLCache[str, VectorMeaning] = TTLCache(8, _MEANING_SECONDS)

    def current(self) -> Snapshot:
        """Return a snapshot that is at most a second old, or a little older while another thread opens one."""
        if snapshot := self._younger_than(_SHARED_SECONDS):
            return snapshot
        # While another thread opens one, and Elasticsearch hangs perhaps, an older one will do.
        if self._opening.locked() and (snapshot := self._younger_than(_STALE_SECONDS)):
            return snapshot
        with deadlines.holding(self._opening):
            return self._younger_than(_SHARED_SECONDS) or self._open()

    def read(self, read: Callable[[Snapshot], T]) -> T:
        """Return what a function reads from the current snapshot; if its index is gone, from a new one."""
        snapshot = self.current()
        try:
            return read(snapshot)
        except IndexGoneError:
            # The index was replaced and deleted in the second since the snapshot was opened.
            self._forget(snapshot)
            return read(self.current())

    def meaning(self, index: str) -> VectorMeaning:
        """Return what the vectors of an index mean."""
        with self._lock:
            if index in self._meanings:
                return self._meanings[index]
        meta = self._index.at(index).meta()
        layout = Layout.from_meta(meta["aspects"])
        curve, weights = Calibration.from_meta(meta), CategoryWeights.from_meta(meta)
        meaning = VectorMeaning(meta.get("space"), layout, curve, weights)
        if meaning.space is None:
            return meaning  # not cached, because a space may be fitted at any moment
        with self._lock:
            self._meanings[index] = meaning
        return meaning

    def _open(self) -> Snapshot:
        """Open a point in time through the alias; retry until the alias leads to one index before and after."""
        asked, index = time.monotonic(), self._index.live()
        for _ in range(_ATTEMPTS):
            opened = self._index.client.open_point_in_time(index=self._index.alias, keep_alive=KEEP_ALIVE)["id"]
            now = self._index.live()
            if now == index:
                break
            index = now
        snapshot = Snapshot(index, opened)
        with self._lock:
            self._opened, self._current = asked, snapshot
        return snapshot

    def _forget(self, snapshot: Snapshot) -> None:
        with self._lock:
            if self._current == snapshot:
                self._opened = float("-inf")

    def _younger_than(self, seconds: float) -> Snapshot | None:
        with self._lock:
            return self._current if time.monotonic() - self._opened <= seconds else None
