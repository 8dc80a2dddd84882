"""How many products match, for the planner: asked for once and kept for a short while."""

from __future__ import annotations

import json
import threading
from typing import Any

from cachetools import TTLCache

from indexer.elastic.product_index import ProductIndex

_KEPT, _SECONDS = 10_000, 20.0  # a plan needs the order of magnitude, not the last update


class MatchCounts:
    """Counts the matches of queries, each at most once in `_SECONDS`."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index
        self._cache: TTLCache[str, int] = TTLCache(_KEPT, _SECONDS)
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
