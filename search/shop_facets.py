"""The facets of the whole shop, for the navigation by category and for suggestions."""

from __future__ import annotations

from threading import Lock

from cachetools import TTLCache, cachedmethod

from es_mappings import facets, queries, results
from es_mappings.facets import Filters
from es_mappings.results import Facets
from indexer.elastic.product_index import ProductIndex

_SECONDS = 60.0  # they change slowly


class ShopFacets:
    """Reads the facets of all products, at most once a minute. Safe for threads."""

    def __init__(self, index: ProductIndex) -> None:
        self._index, self._lock = index, Lock()
        self._cache: TTLCache[object, Facets | None] = TTLCache(1, _SECONDS)

    @cachedmethod(lambda self: self._cache, lock=lambda self: self._lock)
    def read(self) -> Facets | None:
        """Return them, at most a minute old."""
        everything = {"query": queries.browse(None, Filters())}
        request = queries.search_page(everything, page=queries.Page(size=0), facets=facets.aggregations())
        return results.read(self._index.client.search(index=self._index.alias, body=request).body).facets
