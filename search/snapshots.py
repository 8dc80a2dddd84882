"""What a listing is read from: one index at one point in time, and what its vectors mean.

The alias may move to another index at any moment, so each search is bound to the index of a snapshot: anchors, vector
layout and calibration all come from that one index.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cachetools import TTLCache, cachedmethod
from elasticsearch import ApiError, Elasticsearch

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.calibration import Calibration
from es_mappings.layout import Layout
from es_mappings.product import ALIVE
from es_mappings.queries import KEEP_ALIVE
from es_mappings.vector_index import SearchWidth
from indexer import deadlines
from indexer.elastic.multi_search import multi_search_each
from indexer.elastic.named_index import index_named
from indexer.elastic.product_index import ProductIndex
from indexer.errors import RelevanceError
from search.errors import IndexGoneError, gone

log = logging.getLogger(__name__)

T = TypeVar("T")

_SHARED_SECONDS = 1.0  # as long as Elasticsearch's own refresh interval
_MEANING_SECONDS = 60.0  # an index's space never changes; its calibration changes rarely
_NAMES_SECONDS = 5.0  # until an alias that moved counts
_STALE_SECONDS = 30.0  # less than a point in time is kept without being used
_ATTEMPTS = 5
_TOO_MANY = 429


@dataclass(frozen=True)
class Snapshot:
    """An index, and the id of a point in time opened on it; empty where Elasticsearch allowed no more of them."""

    index: str
    point_in_time: str

    def bound(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a search bound to the point in time; without one, to the products of the index."""
        if self.point_in_time:
            return {**request, "pit": {"id": self.point_in_time, "keep_alive": KEEP_ALIVE}}
        # The alias, whose filter hides deleted products, may lead to another index by now.
        return {**request, "query": {"bool": {"must": [request["query"]], "filter": [ALIVE]}}}


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
    width : SearchWidth
        How widely kNN searches it.
    """

    space: str | None
    layout: Layout
    calibration: Calibration | None
    weights: CategoryWeights
    width: SearchWidth


def search_in(client: Elasticsearch, snapshot: Snapshot, request: dict[str, Any], cursor: str) -> dict[str, Any]:
    """Send a search of a snapshot, and return Elasticsearch's answer.

    Raises
    ------
    ParameterError, IndexGoneError
        The point in time has expired, or its index was deleted; the former if a cursor led there.
    """
    [answer] = search_each_in(client, snapshot, [request], cursor)
    if isinstance(answer, ApiError):
        raise answer
    return answer


def search_each_in(
    client: Elasticsearch, snapshot: Snapshot, requests: Sequence[dict[str, Any]], cursor: str = ""
) -> list[dict[str, Any] | ApiError]:
    """Send searches of a snapshot together, and return the answer to each, or what it failed with.

    Raises
    ------
    ParameterError, IndexGoneError
        As `search_in` does.
    """
    index = None if snapshot.point_in_time else snapshot.index
    answers = multi_search_each(client, map(snapshot.bound, requests), index=index)
    for answer in answers:
        # 404: the point in time has expired. A search of a deleted index fails with 503.
        if isinstance(answer, ApiError) and (
            answer.status_code == 404 or not client.indices.exists(index=snapshot.index)
        ):
            raise gone(cursor) from answer
    return answers


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
        self._names: TTLCache[object, str] = TTLCache(8, _NAMES_SECONDS)

    def current(self) -> Snapshot:
        """Return a snapshot that is at most a second old, or a little older while another thread opens one."""
        if snapshot := self._younger_than(_SHARED_SECONDS):
            return snapshot
        # While another thread opens one, and Elasticsearch hangs perhaps, an older one will do.
        if self._opening.locked() and (snapshot := self._younger_than(_STALE_SECONDS)):
            return snapshot
        with deadlines.holding(self._opening):
            return self._younger_than(_SHARED_SECONDS) or self._open()

    def of(self, name: str) -> Snapshot:
        """Return a snapshot of an index that a configuration names; of the live one if it names none.

        It has no point in time: such an index is compared, or takes the same writes as the live one.

        Raises
        ------
        RelevanceError
            It is no product index of the shop.
        """
        return Snapshot(self._named(name), "") if name else self.current()

    def read(self, read: Callable[[Snapshot], T], name: str = "") -> T:
        """Return what a function reads from the current snapshot; if its index is gone, from a new one.

        Parameters
        ----------
        name : str
            The index to read from instead; where it is gone, shoppers get the live one.
        """
        try:
            if name:
                return read(self.of(name))
        except (RelevanceError, IndexGoneError) as error:
            log.warning("the live index is searched instead of that of the configuration: %s", error)
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
        meaning = VectorMeaning(meta.get("space"), layout, curve, weights, SearchWidth.from_meta(meta))
        if meaning.space is None:
            return meaning  # not cached, because a space may be fitted at any moment
        with self._lock:
            self._meanings[index] = meaning
        return meaning

    @cachedmethod(lambda self: self._names, lock=lambda self: self._lock)
    def _named(self, name: str) -> str:
        return index_named(self._index, name)

    def _open(self) -> Snapshot:
        """Open a point in time through the alias; retry until the alias leads to one index before and after."""
        asked, index = time.monotonic(), self._index.live()
        for _ in range(_ATTEMPTS):
            opened = self._open_point_in_time()
            now = self._index.live()
            if now == index:
                break
            index = now
        snapshot = Snapshot(index, opened)
        with self._lock:
            self._opened, self._current = asked, snapshot
        return snapshot

    def _open_point_in_time(self) -> str:
        """Open a point in time; return "" if Elasticsearch has as many open as it allows."""
        try:
            return str(self._index.client.open_point_in_time(index=self._index.alias, keep_alive=KEEP_ALIVE)["id"])
        except ApiError as error:
            if error.status_code != _TOO_MANY:
                raise
            log.warning("listings are read without a point in time: %s", error)
            return ""

    def _forget(self, snapshot: Snapshot) -> None:
        with self._lock:
            if self._current == snapshot:
                self._opened = float("-inf")

    def _younger_than(self, seconds: float) -> Snapshot | None:
        with self._lock:
            return self._current if time.monotonic() - self._opened <= seconds else None
