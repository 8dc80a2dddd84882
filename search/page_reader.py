"""Read one page of a listing: its hits, and its total and facets unless they are known."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from typing import Any

from cachetools import TTLCache
from elasticsearch import ApiError

from es_mappings import left_out, queries, results
from es_mappings.counts import Counts
from es_mappings.results import Result
from indexer.elastic.product_index import ProductIndex
from search.anchors import verify
from search.cursors import Position
from search.errors import is_too_costly
from search.match_counts import MatchCounts
from search.requests import are_subtracted, count_request, excluded_request, page_request, without_facets
from search.resolved import ResolvedSearch
from search.snapshots import Snapshot, search_each_in, search_in

Request = dict[str, Any]

log = logging.getLogger(__name__)

_CACHED, _CACHE_SECONDS = 200, 180.0  # counts: 20 MB; as long as a point in time is kept


class PageReader:
    """Reads pages: hits and counts together, by one ``_msearch``. Safe for threads.

    Counts are those of the snapshot that the hits are read from. They are kept for the other pages and other likes of
    that snapshot; in a later one, Elasticsearch's own cache of requests has them as long as no product has changed.
    """

    def __init__(self, index: ProductIndex, matches: MatchCounts) -> None:
        self._client, self._matches = index.client, matches
        self._cache: TTLCache[tuple[Snapshot, str], Counts] = TTLCache(_CACHED, _CACHE_SECONDS)
        self._lock = threading.Lock()

    def read(self, search: ResolvedSearch, position: Position, *, with_facets: bool = True) -> Result:
        """Read a page, with the total of its listing, and the facets if they are wanted.

        Raises
        ------
        AnchorsChangedError
            Anchors that were read from an earlier snapshot have changed since.
        ParameterError, IndexGoneError
            As `snapshots.search_in` does.
        ApiError
            Elasticsearch refuses the search.
        """
        is_counted = position.offset > 0 and not with_facets
        wanted = None if is_counted else count_request(search, with_facets=with_facets)
        known = self._known(search.snapshot, wanted) if wanted else None
        excluded = excluded_request(search, with_facets=with_facets) if wanted else None
        answers = self._search(search, page_request(search, position), None if known else wanted, excluded)
        page = results.read(answers["page"])
        if wanted is None:
            return replace(page, total=position.total)
        counts = known or self._read(search, wanted, answers["counts"])
        if are_subtracted(search):
            self._matches.note(search.query, counts.total, search.other_index)
        if excluded:
            apart = left_out.read(answers["excluded"])
            counts = counts.without(left_out.counts(apart, search.keywords.clauses(), search.filters))
            counts = replace(counts, is_incomplete=counts.is_incomplete or results.is_incomplete(answers["excluded"]))
        is_incomplete = page.is_incomplete or counts.is_incomplete
        return replace(page, total=counts.total, facets=counts.facets, is_incomplete=is_incomplete)

    def _search(
        self,
        search: ResolvedSearch,
        page: dict[str, Any],
        counts: dict[str, Any] | None,
        excluded: dict[str, Any] | None,
    ) -> dict[str, Any]:
        """Send a page's requests together, and return their answers by name; that of the counts may be an error."""
        unverified = list(search.anchors.unverified)
        excluded = excluded or (queries.versions(unverified) if unverified else None)  # either brings the versions
        requests = {"page": page, "counts": counts, "excluded": excluded}
        sent = {name: request for name, request in requests.items() if request}
        found = search_each_in(self._client, search.snapshot, list(sent.values()), search.parameters.cursor)
        answers: dict[str, Any] = dict(zip(sent, found, strict=True))
        for name in ("page", "excluded"):
            if isinstance(answer := answers.get(name), ApiError):
                raise answer
        if unverified:
            verify(search.anchors, answers["excluded"])
        return answers

    def _read(self, search: ResolvedSearch, request: dict[str, Any], answer: dict[str, Any] | ApiError) -> Counts:
        """Read counts and keep them, or count without facets if those take too much memory."""
        if not isinstance(answer, ApiError):
            counts = Counts.read(answer)
            if not counts.is_incomplete and search.snapshot.point_in_time:
                with self._lock:
                    self._cache[_key(search.snapshot, request)] = counts
            return counts
        smaller = without_facets(request)
        if not is_too_costly(answer) or smaller == request:
            raise answer
        log.warning("a listing goes without facets: %s", answer)
        return Counts.read(search_in(self._client, search.snapshot, smaller, search.parameters.cursor))

    def _known(self, snapshot: Snapshot, request: dict[str, Any]) -> Counts | None:
        with self._lock:
            return self._cache.get(_key(snapshot, request))


def _key(snapshot: Snapshot, request: dict[str, Any]) -> tuple[Snapshot, str]:
    return snapshot, json.dumps(request, sort_keys=True)
