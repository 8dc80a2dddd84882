"""A listing: from checked parameters to one search and its page."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from cachetools import TTLCache
from elasticsearch import Elasticsearch

from es_mappings import queries, results
from es_mappings.results import Result
from webapp.anchors import AnchorReader, Anchors
from webapp.cursors import Cursors
from webapp.errors import ParameterError
from webapp.parameters import SearchParameters

_NAVIGATION_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """Which strategy served a listing, how many products matched, and how long Elasticsearch took."""

    strategy: str
    matched: int
    took_ms: int


@dataclass(frozen=True)
class Listing:
    """One page of products."""

    parameters: SearchParameters
    result: Result
    anchors: Anchors
    warnings: list[str]
    plan: Plan
    next_cursor: str | None

    @property
    def by_similarity(self) -> bool:
        """Whether the products stand in the order of similarity."""
        return self.plan.strategy == "exact"


class ProductSearch:
    """Searches one product index. Holds no state but short-lived caches; safe for threads."""

    def __init__(self, client: Elasticsearch, alias: str, anchors: AnchorReader, cursors: Cursors) -> None:
        self._client, self._alias, self._anchors, self._cursors = client, alias, anchors, cursors
        self._navigation: TTLCache[str, list[results.FacetValue]] = TTLCache(1, _NAVIGATION_SECONDS)
        self._lock = threading.Lock()

    def listing(self, parameters: SearchParameters) -> Listing:
        """Answer a search: one ``_search`` in all, once the anchors are known.

        Raises
        ------
        ParameterError
            The cursor isn't one of this listing, nothing is liked that the order could go by, or a filter names an
            attribute that no product has.
        """
        anchors = self._anchors.read(parameters.anchors)
        query = queries.browse(parameters.q, parameters.filters)
        sort, strategy, warnings = parameters.order, "keywords", list(anchors.warnings)
        if sort == "similar":
            if any(a.weight > 0 for a in anchors.usable):
                query = queries.sort_by_similar(query, anchors.usable, mode=parameters.mode, weights=parameters.weights)
                strategy = "exact"
            else:
                warnings.append("Nothing is liked that products could be compared with, so they stand by relevance.")
        after = self._cursors.read(parameters.cursor, parameters.fingerprint) if parameters.cursor else None
        result = self._search(query, "relevance" if sort == "similar" else sort, queries.Page(parameters.size, after))
        if not result.total:
            self._check_filters(parameters)
        return Listing(
            parameters,
            result,
            anchors,
            warnings,
            Plan(strategy, result.total, result.took_ms),
            self._next(result, parameters),
        )

    def product(self, product_id: str) -> dict[str, Any] | None:
        """Read one product; None if there is none of that id."""
        found = self._anchors.read({product_id: 1.0}).products
        return found.get(product_id)

    def navigation(self) -> list[results.FacetValue]:
        """Give the shop's categories with their counts, at most a minute old."""
        with self._lock:
            known = self._navigation.get("all")
        if known is None:
            request = queries.search_page(queries.browse(None, queries.Filters()), page=queries.Page(size=0))
            facets = results.read(self._client.search(index=self._alias, body=request).body).facets
            known = facets.category if facets else []
            with self._lock:
                self._navigation["all"] = known
        return known

    def _search(self, query: queries.Query, sort: queries.Sort, page: queries.Page) -> Result:
        request = queries.search_page(query, sort=sort, page=page)
        return results.read(self._client.search(index=self._alias, body=request).body)

    def _next(self, result: Result, parameters: SearchParameters) -> str | None:
        # A full page may be the last one; the page after it is then empty, and says so.
        if len(result.hits) < parameters.size:
            return None
        return self._cursors.write(result.hits[-1].sort, parameters.fingerprint)

    def _check_filters(self, parameters: SearchParameters) -> None:
        """Tell an attribute that doesn't exist from one that has no matches; asked only when nothing was found."""
        for name in dict.fromkeys(name for name, _ in parameters.filters.attributes):
            query = {"prefix": {"facets": queries.attribute_key(name, "")}}
            if not self._client.count(index=self._alias, query=query, terminate_after=1)["count"]:
                raise ParameterError("filter", f"no product has an attribute {name!r}")
