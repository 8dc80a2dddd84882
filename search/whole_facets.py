"""The facets of a listing without its filters: pages show groups and values in their order, which no click changes."""

from __future__ import annotations

import json
import logging
from threading import Lock

from cachetools import TTLCache
from elasticsearch import ApiError

from es_mappings import facets, queries
from es_mappings.counts import Counts, count_request
from es_mappings.facets import Filters
from es_mappings.keywords import Keywords
from es_mappings.results import Facets
from indexer.elastic.product_index import ProductIndex
from search.errors import is_too_costly
from search.listing import Listing
from search.resolved import ResolvedSearch
from search.similarities import least_similarity
from search.snapshots import search_in

log = logging.getLogger(__name__)

_CACHED, _SECONDS = 200, 300.0  # an order may be older than the counts shown in it


class WholeFacets:
    """Reads and caches the facets of categories and keywords, as far as rules leave products in. Safe for threads."""

    def __init__(self, index: ProductIndex) -> None:
        self._client = index.client
        self._cache: TTLCache[tuple[Keywords, str], Facets] = TTLCache(_CACHED, _SECONDS)
        self._lock = Lock()

    def read(self, listing: Listing) -> Facets | None:
        """Return the facets of a listing's keywords, category and rules, or None where they take too much memory.

        Raises
        ------
        IndexGoneError, ApiError
            As `snapshots.search_in` does.
        """
        search = listing.search
        key = search.keywords, json.dumps(_widest(search).clauses(), sort_keys=True)
        with self._lock:
            if key in self._cache:
                return self._cache[key]
        whole = listing.result.facets if _counts_all(search) else self._counted(search)
        if whole:
            with self._lock:
                self._cache[key] = whole
        return whole

    def _counted(self, search: ResolvedSearch) -> Facets | None:
        # The very request that counts a listing without filters: Elasticsearch has its answer cached.
        filters = _widest(search)
        counted = facets.aggregations(search.keywords.clauses(), filters)
        request = count_request(queries.browse(search.keywords, filters), counted)
        try:
            return Counts.read(search_in(self._client, search.snapshot, request, search.parameters.cursor)).facets
        except ApiError as error:
            if not is_too_costly(error):
                raise
            log.warning("facets keep no order: %s", error)
            return None


def _widest(search: ResolvedSearch) -> Filters:
    """Return the filters of a listing that no shopper chose among its facets: what rules leave out stays out."""
    return Filters(category=search.filters.category, rules=search.filters.rules)


def _counts_all(search: ResolvedSearch) -> bool:
    """Whether a listing's own facets are those of its keywords, category and rules."""
    narrowed = search.filters != _widest(search) or search.excluded
    return not narrowed and not search.parameters.group and least_similarity(search) is None
