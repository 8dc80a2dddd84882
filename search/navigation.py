"""The Navigation Service: one call turns the parameters of a search into its listing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from cachetools import TTLCache, cachedmethod
from elasticsearch import ApiError

from es_mappings import facets, queries, results
from es_mappings.attributes import attribute_key
from es_mappings.facet_types import FacetValue
from es_mappings.facets import Filters
from es_mappings.results import Facets, Result
from indexer.elastic.product_index import ProductIndex
from search import paging
from search.anchors import AnchorReader
from search.cursors import Cursors, Position
from search.errors import ParameterError, is_too_costly
from search.listing import Listing
from search.match_counts import MatchCounts
from search.parameters import SearchParameters
from search.photos import PhotoVectors
from search.planning import plan_of
from search.rails import Rails
from search.relaxation import Relaxation
from search.requests import page_request, without_facets
from search.resolving import ResolvedSearch, Resolver
from search.similarities import least_score, matches
from search.snapshots import Snapshot, Snapshots, search_in
from search.suggestions import Suggestions
from search.synonyms import Synonyms

log = logging.getLogger(__name__)

_FACETS_SECONDS = 60.0  # the facets of the whole shop change slowly


class Navigation:
    """Searches one product index. Holds no state but short-lived caches; safe for threads.

    Parameters
    ----------
    cursors : Cursors
        Signs the cursors of listings.
    photos : PhotoVectors, optional
        Store of photographs' vectors; without it no photograph can be searched with.
    served : callable, optional
        Called with the strategy of each listing.
    searched : callable, optional
        Called with keywords that found something as they are, on the first page of their listing.
    frequent : callable, optional
        Returns frequent searches, to suggest them.

    Attributes
    ----------
    rails : Rails
        Recommendations, from the same index and the same caches.
    suggestions : Suggestions
        For a search box, from the same index.
    """

    def __init__(
        self,
        index: ProductIndex,
        cursors: Cursors,
        photos: PhotoVectors | None = None,
        served: Callable[[str], None] = lambda _: None,
        searched: Callable[[str], None] = lambda _: None,
        frequent: Callable[[], Sequence[str]] = lambda: (),
    ) -> None:
        self._index, self._cursors, self._served, self._searched = index, cursors, served, searched
        self._anchors, self._snapshots = AnchorReader(index), Snapshots(index)
        self._counts = MatchCounts(index)
        synonyms = Synonyms(index)
        self._resolver = Resolver(index, self._anchors, self._snapshots, synonyms, photos)
        self._relaxation = Relaxation(index, synonyms)
        self.rails = Rails(index, self._anchors, self._snapshots, self._counts)
        self._counted: TTLCache[object, Facets | None] = TTLCache(1, _FACETS_SECONDS)
        self.suggestions = Suggestions(index, self._facets, frequent)
        self._lock = Lock()

    def listing(self, parameters: SearchParameters, hidden: Sequence[str] = ()) -> Listing:
        """Return the listing of a search; one ``_search``, once the anchors and the count of matches are known.

        Parameters
        ----------
        hidden : sequence of str
            Ids to leave out, even if they match.

        Raises
        ------
        ParameterError
            The cursor has expired or isn't this listing's, or a filter names an attribute that no product has.
        """
        if parameters.cursor:
            before = self._cursors.read(parameters.cursor, parameters.fingerprint)
            return self._listing(parameters, hidden, Snapshot(before.index, before.point_in_time), before)
        return self._snapshots.read(lambda snapshot: self._listing(parameters, hidden, snapshot, None))

    def request(self, parameters: SearchParameters, hidden: Sequence[str] = ()) -> dict[str, Any]:
        """Build the request of a listing's first page, to be sent to the alias instead of a point in time."""
        search = self._resolver.resolve(parameters, self._snapshots.current(), hidden)
        position = Position(parameters.fingerprint, plan_of(search, self._counts), search.snapshot.index, "", (), 0)
        return page_request(search, position)

    def product(self, product_id: str) -> dict[str, Any] | None:
        """Read one product, or None if there is none with that id."""
        return self.products([product_id]).get(product_id)

    def products(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read products by id as they are now; unknown ids are left out."""
        products = self._index.products(ids)
        return {product_id: {n: v for n, v in p.items() if n != "vector"} for product_id, p in products.items()}

    def totals(self, listings: Sequence[SearchParameters]) -> list[int]:
        """Return how many products each of several searches finds by its keywords and filters, as they are written."""
        snapshot = self._snapshots.current()
        searches = [self._resolver.resolve(parameters, snapshot) for parameters in listings]
        if not searches:
            return []
        lines = [line for s in searches for line in ({}, {"query": s.query, "size": 0, "track_total_hits": True})]
        answers = self._index.client.msearch(index=self._index.alias, searches=lines).body["responses"]
        return [0 if "error" in answer else answer["hits"]["total"]["value"] for answer in answers]

    def categories(self) -> list[FacetValue]:
        """Return the paths of the shop's categories with their counts, at most a minute old."""
        counted = self._facets()
        return counted.terms["category"] if counted else []

    @cachedmethod(lambda self: self._counted, lock=lambda self: self._lock)
    def _facets(self) -> Facets | None:
        everything = {"query": queries.browse(None, Filters())}
        request = queries.search_page(everything, page=queries.Page(size=0), facets=facets.aggregations())
        return results.read(self._index.client.search(index=self._index.alias, body=request).body).facets

    def _listing(
        self, parameters: SearchParameters, hidden: Sequence[str], snapshot: Snapshot, before: Position | None
    ) -> Listing:
        keywords = before.relaxed_keywords if before else None
        search = self._resolver.resolve(parameters, snapshot, hidden, keywords)
        position = before or self._start(search)
        result = self._send(page_request(search, position), search)
        if not result.total and not before and not parameters.verbatim:
            search, position, result = self._relaxed(search, position, result)
        plan, warnings = position.plan, list(search.warnings)
        self._served(plan.strategy)
        if result.facets is None:
            warnings.append("Filters can't be shown right now.")
        if result.is_incomplete:
            warnings.append("Some products are missing from this list right now.")
        if parameters.q and result.total and not before and not search.is_relaxed:
            self._searched(parameters.q)
        if not result.total:
            self._check_filters(parameters)
            if least_score(search, plan) is not None:
                warnings.append("There are no close matches: nothing here is as similar as you asked for.")
        by_hit = matches(result, search, plan)
        page = result
        if paging.is_diverse(search, position):
            page, by_hit = paging.diversified(result, by_hit, search, position)
        following = paging.next_position(result, page, search, position)
        cursor = self._cursors.write(following) if following else None
        return Listing(search, page, by_hit, warnings, plan, cursor)

    def _start(self, search: ResolvedSearch) -> Position:
        at, words = search.snapshot, search.keywords
        relaxed = (words.text, words.minimum_should_match) if search.is_relaxed else ()
        plan = plan_of(search, self._counts)
        return Position(search.parameters.fingerprint, plan, at.index, at.point_in_time, (), 0, *relaxed)

    def _relaxed(
        self, search: ResolvedSearch, position: Position, result: Result
    ) -> tuple[ResolvedSearch, Position, Result]:
        """Return another search, its first page and the answer where the words find nothing as they are."""
        keywords = self._relaxation.relaxed(search)
        if not keywords:
            return search, position, result
        search = replace(search, keywords=keywords)
        position = self._start(search)
        return search, position, self._send(page_request(search, position), search)

    def _send(self, request: dict[str, Any], search: ResolvedSearch) -> Result:
        client, cursor = self._index.client, search.parameters.cursor
        try:
            answer = search_in(client, search.snapshot, request, cursor)
        except ApiError as error:
            smaller = without_facets(request) if is_too_costly(error) else request
            if smaller == request:
                raise
            log.warning("a listing goes without facets: %s", error)
            answer = search_in(client, search.snapshot, smaller, cursor)
        return results.read(answer)

    def _check_filters(self, parameters: SearchParameters) -> None:
        """Raise if a filter that matched nothing names an attribute that no product has: it is likely misspelt."""
        for name in parameters.filters.attribute_names:
            query = {"prefix": {"facets": attribute_key(name, "")}}
            counted = self._index.client.count(index=self._index.alias, query=query, terminate_after=1)["count"]
            if not counted:
                raise ParameterError("filter", f"no product has an attribute {name!r}")
