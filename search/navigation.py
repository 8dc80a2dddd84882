"""A listing: from checked parameters to one search and its page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cachetools import TTLCache
from elasticsearch import ApiError, Elasticsearch

from es_mappings import facets, planner, queries, results
from es_mappings.anchors import QueryPoints, with_part
from es_mappings.facets import Filters
from es_mappings.layout import Layout, Vector
from es_mappings.planner import Plan
from es_mappings.results import Result
from indexer.errors import IndexStateError
from indexer.spaces.vector_space import VectorSpace, load_space
from search import paging
from search.anchors import AnchorReader, Anchors, with_photo
from search.colors import ASPECT, Rgb, color_part
from search.cursors import Cursors, Position
from search.goals import check_filters, narrowed, points_of
from search.match_counts import MatchCounts
from search.parameters import SearchParameters
from search.similarities import Match, least_score, matches
from search.snapshots import IndexGoneError, Snapshot, Snapshots, VectorMeaning, gone
from search.values import color_of
from webapp.errors import ParameterError
from webapp.photos import Photos
from webapp.served import Served

_KEPT_SECONDS = 60.0


@dataclass(frozen=True)
class Listing:
    """One page of products.

    Attributes
    ----------
    matches : list of Match
        Beside each hit: its similarity, and why, where the result is sorted by it.
    plan : Plan
        The strategy that served it, and why.
    """

    parameters: SearchParameters
    result: Result
    matches: list[Match]
    anchors: Anchors
    warnings: list[str]
    plan: Plan
    next_cursor: str | None

    @property
    def by_product(self) -> dict[str, Match]:
        """Product ids to their matches."""
        return {h.product["id"]: m for h, m in zip(self.result.hits, self.matches, strict=True)}

    @property
    def by_similarity(self) -> bool:
        """Whether the products stand in the order of similarity."""
        return self.plan.strategy != "keywords"


class ProductSearch:
    """Searches one product index. Holds no state but short-lived caches; safe for threads."""

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        anchors: AnchorReader,
        cursors: Cursors,
        photos: Photos,
        served: Served,
        snapshots: Snapshots,
    ) -> None:
        self._client, self._alias, self._anchors, self._cursors = client, alias, anchors, cursors
        self._photos, self._served = photos, served
        self._counts, self._snapshots = MatchCounts(client, alias), snapshots
        self._kept: TTLCache[str, Any] = TTLCache(8, _KEPT_SECONDS)  # what changes rarely
        self._lock = threading.Lock()

    def listing(self, parameters: SearchParameters, without: Sequence[str] = ()) -> Listing:
        """Answer a search: one ``_search`` in all, once the anchors and the count of matches are known.

        Parameters
        ----------
        without : sequence of str
            Ids that are left out, whatever matches.

        Raises
        ------
        ParameterError
            The cursor isn't one of this listing or has expired, or a filter names an attribute that no product has.
        """
        if parameters.cursor:
            before = self._cursors.read(parameters.cursor, parameters.fingerprint)
            return self._listing(parameters, without, Snapshot(before.index, before.point_in_time), before)
        snapshot = self._snapshots.current()
        try:
            return self._listing(parameters, without, snapshot, None)
        except IndexGoneError:
            # It was replaced and deleted in the second since the snapshot was opened.
            self._snapshots.forget(snapshot)
            return self._listing(parameters, without, self._snapshots.current(), None)

    def _listing(
        self, parameters: SearchParameters, without: Sequence[str], snapshot: Snapshot, before: Position | None
    ) -> Listing:
        parameters, meaning = self._meaning(snapshot, parameters)
        anchors = self._anchors.read(snapshot.index, parameters.anchors)
        if parameters.photo:
            token, weight = parameters.photo_anchor
            anchors = with_photo(anchors, token, weight, self._photo(token, meaning.space))
        if (color := color_of(parameters.but)) and anchors.usable:
            anchors = self._in_color(color, anchors, meaning)
        filters = narrowed(parameters, anchors)
        points, warnings = points_of(parameters, anchors.usable, meaning.layout), list(anchors.warnings)
        if parameters.order == "similar" and points is None:
            warnings.append("Nothing is liked that products could be compared with, so they stand by relevance.")
        plan = before.plan if before else self._plan(parameters, filters, points)
        position = before or Position(parameters.fingerprint, plan, snapshot.index, snapshot.point_in_time, (), 0)
        least = least_score(parameters, plan, meaning.calibration) if points else None
        filters = replace(filters, not_ids=tuple(without))
        result = self._search(parameters, filters, anchors, position, points, least, meaning.layout)
        self._served.count(plan.strategy)
        if not result.total:
            check_filters(self._client, self._alias, parameters)
            warnings += ["There are no close matches: nothing here is as similar as was asked for."] if least else []
        found = matches(result, plan, points, anchors, parameters, meaning)
        shown = result
        if paging.is_diverse(parameters, position):
            shown, found = paging.diversified(result, found, parameters, position, meaning.layout)
        following = paging.next_position(result, shown, parameters, position)
        cursor = self._cursors.write(following) if following else None
        return Listing(parameters, shown, found, anchors, warnings, plan, cursor)

    def product(self, product_id: str) -> dict[str, Any] | None:
        """Read one product; None if there is none of that id."""
        return self.products([product_id]).get(product_id)

    def products(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read products by id; ids that aren't there are left out."""
        return self._anchors.read(self._snapshots.current().index, dict.fromkeys(ids, 1.0)).products

    def navigation(self) -> list[results.FacetValue]:
        """Return the shop's categories with their counts, at most a minute old."""
        found: list[results.FacetValue] = self._keep("navigation", self._read_navigation)
        return found

    def _read_navigation(self) -> list[results.FacetValue]:
        everything = {"query": queries.browse(None, Filters())}
        request = queries.search_page(everything, page=queries.Page(size=0), facets=facets.aggregations())
        found = results.read(self._client.search(index=self._alias, body=request).body).facets
        return found.category if found else []

    def _photo(self, token: str, space: str | None) -> Vector | None:
        """Find a photograph's vector. One of another vector space is as good as gone."""
        found = self._photos.get(token)
        return found.vector if found and found.space == space else None

    def _in_color(self, color: Rgb, anchors: Anchors, meaning: VectorMeaning) -> Anchors:
        """Return the likes another colour."""
        name = meaning.space or ""
        space: VectorSpace = self._keep(f"space {name}", lambda: load_space(self._client, self._alias, name))
        part = color_part(space, color)
        if not part.any():
            return replace(anchors, warnings=[*anchors.warnings, "Colours are not compared here yet."])
        return replace(anchors, usable=with_part(anchors.usable, ASPECT, part, meaning.layout))

    def _meaning(self, snapshot: Snapshot, parameters: SearchParameters) -> tuple[SearchParameters, VectorMeaning]:
        """Tell how the index's vectors are read, and weigh its aspects where the parameters don't."""
        try:
            meaning = self._snapshots.meaning(snapshot.index)
        except IndexStateError as error:
            raise gone(parameters.cursor) from error
        parameters = parameters.weighed(meaning.weights)
        if not any(parameters.weights.get(name) for name in meaning.layout.names):
            names = ", ".join(meaning.layout.names)
            raise ParameterError("weight", f"the aspects that products are compared by just now are {names}")
        return parameters, meaning

    def _keep(self, name: str, read: Callable[[], Any]) -> Any:
        """Return what is kept under a name, read anew once it is too old."""
        with self._lock:
            if name in self._kept:
                return self._kept[name]
        found = read()
        with self._lock:
            self._kept[name] = found
        return found

    def _plan(self, parameters: SearchParameters, filters: Filters, points: QueryPoints | None) -> Plan:
        if points is None:
            return planner.KEYWORDS
        if parameters.strategy == "exact":
            return queries.EXACT
        indexed = self._counts.indexed()
        # A small shop needs no second count: whatever matches, each product can be compared.
        small = indexed <= planner.Thresholds().exact_matches
        return planner.plan(
            matched=indexed if small else self._counts.matched(queries.browse(parameters.q, filters)),
            indexed=indexed,
            mode=parameters.mode,
            points=len(points.vectors),
            metric=parameters.metric,
            rescore=parameters.strategy == "rescore",
            any_image=parameters.images == "any",
        )

    def _search(
        self,
        parameters: SearchParameters,
        filters: Filters,
        anchors: Anchors,
        position: Position,
        points: QueryPoints | None,
        min_score: float | None,
        layout: Layout,
    ) -> Result:
        query, excluded = queries.browse(parameters.q, filters), list(parameters.anchors) if points else []
        parts: dict[str, Any] = {"query": query}
        if points is not None:
            parts = queries.sort_by_similar(
                query,
                anchors.usable,
                mode=parameters.mode,
                weights=parameters.weights,
                metric=parameters.metric,
                relevance=parameters.relevance,
                images=parameters.images,
                plan=position.plan,
                layout=layout,
            )
        order = parameters.order
        request = queries.search_page(
            parts,
            sort="relevance" if order == "similar" else order,
            page=paging.page_of(parameters, position),
            facets=facets.aggregations(queries.keywords(parameters.q), filters, excluded),
            vectors=points is not None and parameters.needs_vectors,
            group=parameters.group,
            min_score=min_score,
        )
        try:
            return results.read(self._client.search(body=request).body)
        except ApiError as error:
            # 404: the point in time has ended. A search of an index that was deleted fails with 503.
            if error.status_code == 404 or not self._client.indices.exists(index=position.index):
                raise gone(parameters.cursor) from error
            raise
