"""The currencies of a shop's prices, where they are several: a price limit is compared in one of them."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from cachetools import TTLCache, cachedmethod

from es_mappings.facets import Filters
from indexer.elastic.product_index import ProductIndex

_SECONDS = 60.0  # a shop's currencies rarely change
_MAX_CURRENCIES = 2  # all that has to be known is whether there are several, and which of them is the main one


class Currencies:
    """The currencies of one product index. Safe for threads."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index
        self._main: TTLCache[object, str | None] = TTLCache(1, _SECONDS)
        self._lock = Lock()

    def in_one(self, filters: Filters) -> Filters:
        """Return filters whose price limits, if any, are compared in one currency.

        It is the chosen one, else the one of most products. A shop of a single currency needs none.
        """
        if filters.price_min is None and filters.price_max is None:
            return filters
        chosen = [value for name, value in filters.fields if name == "currency"]
        if len(chosen) == 1:
            return filters
        return replace(filters, price_currency=chosen[0] if chosen else self.main())

    @cachedmethod(lambda self: self._main, lock=lambda self: self._lock)
    def main(self) -> str | None:
        """Return the currency of most products, at most a minute old; None if there aren't several."""
        counts = {"currencies": {"terms": {"field": "currency", "size": _MAX_CURRENCIES}}}
        answer = self._index.search(size=0, aggs=counts)
        buckets = answer["aggregations"]["currencies"]["buckets"]
        return str(buckets[0]["key"]) if len(buckets) > 1 else None
