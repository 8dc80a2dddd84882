"""How many products match a query, for the planner; cached for a short while."""

from __future__ import annotations

import json
import threading
from typing import Any

from cachetools import TTLCache

from es_mappings.product import ALIVE
from es_mappings.queries import Query
from indexer.elastic.product_index import ProductIndex

_CACHED, _CACHE_SECONDS = 10_000, 20.0  # a plan needs the order of magnitude, not the latest update
_EVERYTHING: Query = {"match_all": {}}


class MatchCounts:
    """Keeps how many products match queries, for `_CACHE_SECONDS`.

    Where the live index isn't the one that is searched, `index` names it.
    """

    def __init__(self, index: ProductIndex) -> None:
        self._index = index
        self._cache: TTLCache[tuple[str, str], int] = TTLCache(_CACHED, _CACHE_SECONDS)
        self._lock = threading.Lock()

    def known(self, query: dict[str, Any], index: str = "") -> int | None:
        """Return how many products match a query if a listing of it was counted a short while ago."""
        with self._lock:
            return self._cache.get((index, _key(query)))

    def note(self, query: dict[str, Any], count: int, index: str = "") -> None:
        """Keep what was counted for a listing."""
        with self._lock:
            self._cache[index, _key(query)] = count

    def indexed(self, index: str = "") -> int:
        """Count all products."""
        count = self.known(_EVERYTHING, index)
        if count is None:
            query = {"bool": {"filter": [ALIVE]}} if index else _EVERYTHING  # the alias has the filter itself
            count = int(self._index.client.count(index=index or self._index.alias, query=query)["count"])
            self.note(_EVERYTHING, count, index)
        return count


def _key(query: dict[str, Any]) -> str:
    return json.dumps(query, sort_keys=True)
