"""How many products match a query, for the planner; cached for a short while."""

from __future__ import annotations

import json
import threading
from typing import Any

from cachetools import TTLCache

from indexer.elastic.product_index import ProductIndex

_CACHED, _CACHE_SECONDS = 10_000, 20.0  # a plan needs the order of magnitude, not the latest update


class MatchCounts:
    """Counts the matches of queries, each at most once in `_CACHE_SECONDS`."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index
        self._cache: TTLCache[str, int] = TTLCache(_CACHED, _CACHE_SECONDS)
        self._lock = threading.Lock()

    def matched(self, query: dict[str, Any]) -> int:
        """Count a query's matches."""
        key = json.dumps(query, sort_keys=True)
        with self._lock:
            known = self._cache.get(key)
        if known is None:
            known = int(self._index.client.count(index=self._index.alias, query=query)["count"])
            with self._lock:
                self._cache[key] = known
        return known

    def indexed(self) -> int:
        """Count all products."""
        return self.matched({"match_all": {}})
