"""Rails of recommendations, from a shopper's interests and bag, with the product each item is recommended for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from es_mappings import planner, results
from es_mappings.anchors import QueryPoints, query_points
from es_mappings.behaviour import Interest
from es_mappings.product import DEFAULT_WEIGHTS
from es_mappings.queries import KEEP_ALIVE
from es_mappings.recommendations import goes_with_weights, recommend
from es_mappings.results import Hit
from indexer.elastic.client import vector
from indexer.elastic.product_index import ProductIndex
from search.anchors import AnchorReader, Anchors
from search.match_counts import MatchCounts
from search.snapshots import Snapshot, Snapshots

log = logging.getLogger(__name__)

Kind = Literal["inspired", "goes_with"]


@dataclass(frozen=True)
class Recommended:
    """A product of a rail, and the id of the anchor it resembles most."""

    hit: Hit
    because: str

    @property
    def product(self) -> dict[str, Any]:
        """The product's fields."""
        return self.hit.product


@dataclass(frozen=True)
class Rail:
    """A row of recommended products, with the products it is based on."""

    kind: Kind
    items: list[Recommended]
    sources: dict[str, dict[str, Any]]  # id to product of its anchors, highest weight first
    interests: Mapping[str, Interest]


@dataclass(frozen=True)
class _Request:
    """A rail to be searched for."""

    kind: Kind
    anchors: Anchors
    points: QueryPoints
    interests: Mapping[str, Interest]
    other_than: Sequence[str] = ()


class Rails:
    """Builds rails: one search each, sent together as one ``_msearch``."""

    def __init__(self, index: ProductIndex, anchors: AnchorReader, snapshots: Snapshots, counts: MatchCounts) -> None:
        self._index, self._anchors, self._snapshots, self._counts = index, anchors, snapshots, counts

    def inspired(self, interests: Mapping[str, Interest], owned: Sequence[str]) -> list[Rail]:
        """Return what resembles the products that a shopper showed interest in.

        Parameters
        ----------
        owned : sequence of str
            Ids in the bag or ordered, which are not recommended.
        """
        return self._build(lambda snapshot: [self._by_interest(snapshot, interests)], owned)

    def for_bag(self, interests: Mapping[str, Interest], bag: Sequence[str], owned: Sequence[str]) -> list[Rail]:
        """Return what goes with the look of the bag, and what resembles the shopper's other interests."""
        others = {i: interest for i, interest in interests.items() if i not in bag}
        return self._build(lambda snapshot: [self._by_look(snapshot, bag), self._by_interest(snapshot, others)], owned)

    def _build(self, requests: Callable[[Snapshot], list[_Request | None]], owned: Sequence[str]) -> list[Rail]:
        return self._snapshots.read(lambda snapshot: self._search(snapshot, requests(snapshot), owned))

    def _by_interest(self, snapshot: Snapshot, interests: Mapping[str, Interest]) -> _Request | None:
        anchors = self._anchors.read(snapshot, {i: interest.weight for i, interest in interests.items()})
        points = self._points(snapshot.index, anchors, DEFAULT_WEIGHTS)
        return _Request("inspired", anchors, points, interests) if points else None

    def _by_look(self, snapshot: Snapshot, bag: Sequence[str]) -> _Request | None:
        anchors = self._anchors.read(snapshot, dict.fromkeys(bag, 1.0))
        # A product's kind is its narrowest category: a midi dress does not go with another midi dress.
        kinds = {(p.get("category_path") or [""])[-1] for p in anchors.products.values()} - {""}
        points = self._points(snapshot.index, anchors, goes_with_weights())
        return _Request("goes_with", anchors, points, {}, sorted(kinds)) if points else None

    def _points(self, index: str, anchors: Anchors, weights: Mapping[str, float]) -> QueryPoints | None:
        if not anchors.usable:
            return None
        return query_points(anchors.usable, "auto", weights, self._snapshots.meaning(index).layout)

    def _search(self, snapshot: Snapshot, requests: Iterable[_Request | None], owned: Sequence[str]) -> list[Rail]:
        rail_requests = [request for request in requests if request]
        if not rail_requests:
            return []
        point_in_time = {"pit": {"id": snapshot.point_in_time, "keep_alive": KEEP_ALIVE}}
        searches: list[dict[str, Any]] = []
        for request in rail_requests:
            searches += [{}, {**self._body(request, owned), **point_in_time}]
        answers = self._index.client.msearch(searches=searches).body["responses"]
        for answer in answers:
            if "error" in answer:  # the page is useful without the rail
                log.error("a rail can't be read: %s", answer["error"])
        rails = [
            _rail(request, answer)
            for request, answer in zip(rail_requests, answers, strict=True)
            if "error" not in answer
        ]
        return [rail for rail in rails if rail.items]

    def _body(self, request: _Request, owned: Sequence[str]) -> dict[str, Any]:
        indexed = self._counts.indexed()
        plan = planner.plan(matched=indexed, indexed=indexed, mode="auto", points=len(request.points.vectors))
        anchors = [anchor.id for anchor in request.anchors.usable]
        return recommend(request.points, anchors, owned=owned, other_than=request.other_than, plan=plan)


def _rail(request: _Request, answer: Mapping[str, Any]) -> Rail:
    usable, points = request.anchors.usable, request.points
    weighed = np.stack([points.layout.weigh(anchor.vector, points.weights) for anchor in usable])
    items = [
        Recommended(hit, usable[int(np.argmax(weighed @ vector(hit.vector)))].id)
        for hit in results.read(answer).hits
        if hit.vector is not None
    ]
    sources = {anchor.id: request.anchors.products[anchor.id] for anchor in usable}
    return Rail(request.kind, items, sources, request.interests)
