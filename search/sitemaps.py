"""The ids of all products, in pages, for search engines."""

from __future__ import annotations

from threading import Lock

from cachetools import TTLCache, cachedmethod

from es_mappings.sitemaps import pages_of, read_ids, sitemap_page
from indexer.elastic.product_index import ProductIndex

_PAGES, _SECONDS = 8, 600.0  # kept: crawlers read them seldom


class Sitemaps:
    """Reads pages of ids from one product index. Safe for threads."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index
        self._cache: TTLCache[object, list[str]] = TTLCache(_PAGES, _SECONDS)
        self._lock = Lock()

    def pages(self) -> int:
        """Return how many pages there are now."""
        return pages_of(self._index.client.count(index=self._index.alias)["count"])

    @cachedmethod(lambda self: self._cache, lock=lambda self: self._lock)
    def ids(self, number: int, pages: int) -> list[str]:
        """Return the ids of a page, from 0, of so many."""
        request = sitemap_page(number, pages)
        return read_ids(self._index.client.search(index=self._index.alias, body=request).body)
