"""Rails of recommendations: what a shopper's anchors and bag lead to, and because of which of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from elasticsearch import Elasticsearch

from es_mappings import planner, results
from es_mappings.anchors import query_points
from es_mappings.behaviour import Interest
from es_mappings.layout import Layout
from es_mappings.product import DEFAULT_WEIGHTS
from es_mappings.queries import KEEP_ALIVE
from es_mappings.recommendations import goes_with_weights, recommend
from es_mappings.results import Hit
from indexer.elastic.client import vector
from search.anchors import AnchorReader, Anchors
from search.match_counts import MatchCounts
from search.snapshots import Snapshot, Snapshots
from webapp.storefront.visitors import Visitor

log = logging.getLogger(__name__)

Kind = Literal["inspired", "goes_with"]


@dataclass(frozen=True)
class Recommended:
    """A product of a rail, and the id of the anchor that it resembles most."""

    hit: Hit
    because: str

    @property
    def product(self) -> dict[str, Any]:
        """The product's fields."""
        return self.hit.product


@dataclass(frozen=True)
class Rail:
    """A row of recommended products, with what it came from."""

    kind: Kind
    items: list[Recommended]
    sources: dict[str, dict[str, Any]]  # id to product of its anchors, the weightiest first
    interests: Mapping[str, Interest]


@dataclass(frozen=True)
class _Asked:
    kind: Kind
    anchors: Anchors
    interests: Mapping[str, Interest]
    owned: list[str]
    other_than: list[str]
    weights: dict[str, float]


class Recommender:
    """Makes rails, one ``_search`` each; several go as one ``_msearch``."""

    def __init__(self, client: Elasticsearch, alias: str, anchors: AnchorReader, snapshots: Snapshots) -> None:
        self._client, self._anchors, self._snapshots = client, anchors, snapshots
        self._counts = MatchCounts(client, alias)

    def inspired(self, known: Visitor, interests: Mapping[str, Interest]) -> list[Rail]:
        """Return what resembles the products that a shopper showed interest in."""
        snapshot = self._snapshots.current()
        return self._rails(snapshot, self._by_interest(snapshot.index, known, interests))

    def for_bag(self, known: Visitor, interests: Mapping[str, Interest]) -> list[Rail]:
        """Return what goes with the look of the bag, and what resembles the shopper's other interests."""
        others = {i: interest for i, interest in interests.items() if i not in known.bag}
        snapshot = self._snapshots.current()
        asked = [*self._by_look(snapshot.index, known), *self._by_interest(snapshot.index, known, others)]
        return self._rails(snapshot, asked)

    def _by_interest(self, index: str, known: Visitor, interests: Mapping[str, Interest]) -> Iterable[_Asked]:
        anchors = self._anchors.read(index, {i: interest.weight for i, interest in interests.items()})
        yield _Asked("inspired", anchors, interests, known.owned, [], dict(DEFAULT_WEIGHTS))

    def _by_look(self, index: str, known: Visitor) -> Iterable[_Asked]:
        anchors = self._anchors.read(index, dict.fromkeys(known.bag, 1.0))
        # The kind of a product is its narrowest category: what goes with a midi dress is no other midi dress.
        kinds = {(p.get("category_path") or [""])[-1] for p in anchors.products.values()} - {""}
        yield _Asked("goes_with", anchors, {}, known.owned, sorted(kinds), goes_with_weights())

    def _rails(self, snapshot: Snapshot, asked: Iterable[_Asked]) -> list[Rail]:
        wanted = [a for a in asked if a.anchors.usable]
        if not wanted:
            return []
        layout = self._snapshots.meaning(snapshot.index).layout
        point = {"pit": {"id": snapshot.point_in_time, "keep_alive": KEEP_ALIVE}}
        searches: list[dict[str, Any]] = []
        for ask in wanted:
            searches += [{}, {**self._request(ask, layout), **point}]
        answers = self._client.msearch(searches=searches).body["responses"]
        for answer in answers:
            if "error" in answer:  # a page is worth having without a rail
                log.error("a rail can't be had: %s", answer["error"])
        rails = [
            _rail(ask, answer, layout) for ask, answer in zip(wanted, answers, strict=True) if "error" not in answer
        ]
        return [rail for rail in rails if rail.items]

    def _request(self, ask: _Asked, layout: Layout) -> dict[str, Any]:
        indexed = self._counts.indexed()
        points = len(query_points(ask.anchors.usable, "auto", ask.weights, layout).vectors)
        plan = planner.plan(matched=indexed, indexed=indexed, mode="auto", points=points)
        return recommend(
            ask.anchors.usable,
            owned=ask.owned,
            other_than=ask.other_than,
            weights=ask.weights,
            plan=plan,
            layout=layout,
        )


def _rail(ask: _Asked, answer: Mapping[str, Any], layout: Layout) -> Rail:
    usable = ask.anchors.usable
    weighed = np.stack([layout.weigh(anchor.vector, ask.weights) for anchor in usable])
    items = [
        Recommended(hit, usable[int(np.argmax(weighed @ vector(hit.vector)))].id)
        for hit in results.read(answer).hits
        if hit.vector is not None
    ]
    sources = {anchor.id: ask.anchors.products[anchor.id] for anchor in usable}
    return Rail(ask.kind, items, sources, ask.interests)
