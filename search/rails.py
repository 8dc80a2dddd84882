"""Rails of recommendations, from a shopper's interests and bag, with the product each item is recommended for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError

from es_mappings import planner, results
from es_mappings.anchors import Anchor, QueryPoints, query_points
from es_mappings.behaviour import Interest
from es_mappings.planner import Plan
from es_mappings.product import DEFAULT_WEIGHTS
from es_mappings.queries import Query
from es_mappings.recommendations import SIZE, goes_with_weights, left_out, recommend
from indexer.elastic.client import vector
from indexer.elastic.product_index import ProductIndex
from indexer.elastic.tombstones import Tombstone
from search.anchors import AnchorReader, Anchors, category_of
from search.aspect_weights import with_category_weights
from search.complements import Complemented, CoPurchases, Evidence, NoCoPurchases, distinct, most_similar_anchor
from search.match_counts import MatchCounts
from search.neighbourhoods import Neighbourhoods
from search.recommended import Kind, Rail, Recommended
from search.snapshots import Snapshot, Snapshots, search_each_in

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Request:
    """A rail of what resembles anchors, to be searched for."""

    kind: Kind
    anchors: Anchors
    points: QueryPoints
    interests: Mapping[str, Interest]
    left_out: Sequence[Query]
    size: int = SIZE
    category: str = ""

    def body(self, plan: Plan) -> dict[str, Any]:
        """Build its search."""
        anchors = [anchor.id for anchor in self.anchors.usable]
        return recommend(
            self.points, anchors, left_out=self.left_out, category=self.category, plan=plan, size=self.size
        )

    def rail(self, answer: Mapping[str, Any] | ApiError) -> Rail:
        """Read its answer; the page is useful without the rail."""
        items: list[Recommended] = []
        if isinstance(answer, ApiError):
            log.error("a rail can't be read: %s", answer)
        else:
            items = [
                Recommended(hit, most_similar_anchor(self.anchors, self.points, vector(hit.vector)))
                for hit in results.read(answer).hits
                if hit.vector is not None
            ]
        sources = {anchor.id: self.anchors.products[anchor.id] for anchor in self.anchors.usable}
        return Rail(self.kind, items, sources, self.interests)


class Rails:
    """Builds rails; the searches of each are sent together as one ``_msearch``."""

    def __init__(
        self,
        index: ProductIndex,
        anchors: AnchorReader,
        snapshots: Snapshots,
        counts: MatchCounts,
        neighbourhoods: Neighbourhoods,
        bought: CoPurchases | None = None,
    ) -> None:
        self._index, self._anchors, self._snapshots, self._counts = index, anchors, snapshots, counts
        self._neighbourhoods, self._bought = neighbourhoods, bought or NoCoPurchases()

    def inspired(self, interests: Mapping[str, Interest], owned: Sequence[str]) -> list[Rail]:
        """Return what resembles the products that a shopper showed interest in.

        Parameters
        ----------
        owned : sequence of str
            Ids in the bag or ordered, which are not recommended.
        """
        return self._snapshots.read(lambda snapshot: self._inspired(snapshot, interests, owned))

    def for_bag(self, interests: Mapping[str, Interest], bag: Sequence[str], owned: Sequence[str]) -> list[Rail]:
        """Return what goes with the bag, and what resembles the shopper's other interests."""
        others = {i: interest for i, interest in interests.items() if i not in bag}
        return [*self.goes_with(bag, owned), *self.inspired(others, owned)]

    def goes_with(self, ids: Sequence[str], owned: Sequence[str]) -> list[Rail]:
        """Return what goes with some products, or what is similar to them where nothing is known of their orders.

        Neither has near copies of the products, or their variants; what goes with them is of other categories.
        """
        return self._snapshots.read(lambda snapshot: self._goes_with(snapshot, ids, owned))

    def instead_of(self, gone: Tombstone, owned: Sequence[str]) -> list[Rail]:
        """Return what resembles a deleted product, of its department; nothing if its vector is of another space."""
        return self._snapshots.read(lambda snapshot: self._instead_of(snapshot, gone, owned))

    def _instead_of(self, snapshot: Snapshot, gone: Tombstone, owned: Sequence[str]) -> list[Rail]:
        if gone.vector is None or gone.space != self._snapshots.meaning(snapshot.index).space:
            return []
        fields = {"id": gone.product_id, "category_path": list(gone.category_path)}
        department = category_of(fields).partition("/")[0]
        anchor = Anchor(gone.product_id, gone.vector, department=department)
        anchors, points = self._resembled(snapshot, Anchors([anchor], {gone.product_id: fields}, []))
        if points is None:
            return []
        request = _Request("instead", anchors, points, {}, left_out(owned), category=department)
        return self._filled(request.rail(*self._search(snapshot, [request.body(self._plan(snapshot, points))])))

    def _inspired(self, snapshot: Snapshot, interests: Mapping[str, Interest], owned: Sequence[str]) -> list[Rail]:
        anchors = self._anchors.read(snapshot, {i: interest.weight for i, interest in interests.items()})
        anchors, points = self._resembled(snapshot, anchors)
        if points is None:
            return []
        request = _Request("inspired", anchors, points, interests, left_out(owned))
        return self._filled(request.rail(*self._search(snapshot, [request.body(self._plan(snapshot, points))])))

    def _goes_with(self, snapshot: Snapshot, ids: Sequence[str], owned: Sequence[str]) -> list[Rail]:
        anchors = self._anchors.read(snapshot, dict.fromkeys(ids, 1.0))
        harmony = self._points(snapshot.index, anchors, goes_with_weights())
        layout = self._snapshots.meaning(snapshot.index).layout
        evidence = Evidence(self._bought, of := Complemented(anchors, harmony, layout, owned))
        requests = evidence.requests(self._plan(snapshot, harmony))
        items = evidence.ranked(self._search(snapshot, requests)) if requests else []
        return self._filled(Rail("goes_with", items, anchors.products, {})) or self._similar(snapshot, of)

    def _similar(self, snapshot: Snapshot, of: Complemented) -> list[Rail]:
        anchors, points = self._resembled(snapshot, of.anchors)
        if points is None:
            return []
        unwanted = left_out([*anchors.products, *of.owned], styles=of.styles)
        request = _Request("similar", anchors, points, {}, unwanted, 4 * SIZE)
        rail = request.rail(*self._search(snapshot, [request.body(self._plan(snapshot, points))]))
        return self._filled(Rail(rail.kind, distinct(rail.items, of), rail.sources, rail.interests))

    def _resembled(self, snapshot: Snapshot, anchors: Anchors) -> tuple[Anchors, QueryPoints | None]:
        """Return anchors with the weights of their categories, and the points that a rail is to resemble."""
        weighed = with_category_weights(anchors, self._snapshots.meaning(snapshot.index).weights)
        return weighed, self._points(snapshot.index, weighed, DEFAULT_WEIGHTS)

    def _points(self, index: str, anchors: Anchors, weights: Mapping[str, float]) -> QueryPoints | None:
        if not anchors.usable:
            return None
        meaning, ids = self._snapshots.meaning(index), [anchor.id for anchor in anchors.usable]
        points = query_points(anchors.usable, "auto", weights, meaning.layout)
        return self._neighbourhoods.with_offsets(points, index, meaning.width, ids, SIZE)

    def _plan(self, snapshot: Snapshot, points: QueryPoints | None) -> Plan:
        indexed = self._counts.indexed()
        thresholds = planner.Thresholds().searched(self._snapshots.meaning(snapshot.index).width)
        count = len(points.vectors) if points else 1
        return planner.plan(matched=indexed, indexed=indexed, mode="auto", points=count, thresholds=thresholds)

    def _search(self, snapshot: Snapshot, requests: Sequence[dict[str, Any]]) -> list[Mapping[str, Any] | ApiError]:
        return list(search_each_in(self._index.client, snapshot, requests))

    @staticmethod
    def _filled(rail: Rail) -> list[Rail]:
        return [rail] if rail.items else []
