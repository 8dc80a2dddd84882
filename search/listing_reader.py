"""Read one page of a listing: resolve its parameters, plan it, search, and try other words where nothing is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

from es_mappings.results import Result
from indexer.relevance.versions import Publication
from search import paging
from search.anchors import with_recent
from search.cursors import Cursors, Position
from search.listing import Listing
from search.match_counts import MatchCounts
from search.neighbourhoods import Neighbourhoods
from search.notices import Notice
from search.page_reader import PageReader
from search.parameters import SearchParameters
from search.planning import plan_of
from search.relaxation import Relaxation
from search.resolved import ResolvedSearch
from search.resolving import Resolver
from search.similarities import least_score
from search.snapshots import Snapshot


class ListingReader:
    """Reads listings from a snapshot, by the publication that they are searched by. Safe for threads.

    Parameters
    ----------
    served : callable
        Called with the strategy of each listing.
    """

    def __init__(
        self,
        resolver: Resolver,
        neighbourhoods: Neighbourhoods,
        counts: MatchCounts,
        pages: PageReader,
        relaxation: Relaxation,
        cursors: Cursors,
        served: Callable[[str], None],
    ) -> None:
        self._resolver, self._neighbourhoods, self._counts, self._pages = resolver, neighbourhoods, counts, pages
        self._relaxation, self._cursors, self._served = relaxation, cursors, served

    def read(
        self,
        parameters: SearchParameters,
        hidden: Sequence[str],
        snapshot: Snapshot,
        before: Position | None,
        publication: Publication,
        day: dt.date | None,
        *,
        with_facets: bool,
    ) -> Listing:
        """Return a page of a listing: the first one, or that after a position.

        Parameters
        ----------
        hidden : sequence of str
            Ids to leave out, even if they match.
        day : date, optional
            By which rules begin and end; by default today, in UTC.
        """

        def resolved(*, recent: bool) -> ResolvedSearch:
            instead = (before.relaxed_keywords, before.fallback) if before else (None, "")
            search = self._resolver.resolve(parameters, snapshot, hidden, *instead, publication, day, recent=recent)
            search = self._neighbourhoods.shared(search, before.offsets if before else None)
            return replace(search, shown=before.shown) if before else search

        def read(*, recent: bool) -> Listing:
            return self._of(resolved(recent=recent), before, parameters, with_facets=with_facets)

        return with_recent(read)

    def _of(
        self, search: ResolvedSearch, before: Position | None, requested: SearchParameters, *, with_facets: bool
    ) -> Listing:
        plan = before.plan if before else plan_of(search, self._counts)
        position = before or paging.first_position(search, requested.fingerprint, plan)
        position, result = self._read(search, position, with_facets=with_facets)
        if not (result.total or before or requested.verbatim or search.fallback):
            search, position, result = self._relaxed(search, position, result, requested, with_facets=with_facets)
        plan, warnings = position.plan, list(search.warnings)
        self._served(plan.strategy)
        if with_facets and result.facets is None:
            warnings.append(Notice("no_facets"))
        if result.is_incomplete:
            warnings.append(Notice("incomplete"))
        if not result.total:
            self._relaxation.check_filters(requested)
            if requested.category and not self._relaxation.has_category(requested.category):
                warnings.append(Notice("no_such_category", {"category": requested.category}))
            elif least_score(search, plan) is not None and not search.fallback:
                warnings.append(Notice("no_close_match"))
        page, by_hit, following = paging.shown(result, search, position)
        cursor = self._cursors.write(following) if following else None
        return Listing(search, page, by_hit, warnings, plan, cursor, position.offset)

    def _relaxed(
        self,
        search: ResolvedSearch,
        position: Position,
        result: Result,
        requested: SearchParameters,
        *,
        with_facets: bool,
    ) -> tuple[ResolvedSearch, Position, Result]:
        """Return another search, its first page and the answer where the words find nothing as they are."""
        keywords = self._relaxation.relaxed(search)
        if keywords is search.keywords:
            return search, position, result
        other = replace(search, keywords=keywords) if keywords else None
        if other is None and requested.q:
            other = self._resolver.by_meaning(requested, search)
        if other is None:
            return search, position, result
        first = paging.first_position(other, requested.fingerprint, plan_of(other, self._counts))
        return other, *self._read(other, first, with_facets=with_facets)

    def _read(self, search: ResolvedSearch, position: Position, *, with_facets: bool) -> tuple[Position, Result]:
        """Read a page; by kNN, or by comparing every match where it has no more neighbours to show."""
        position = paging.resumed(position, search)
        result = self._pages.read(search, position, with_facets=with_facets)
        if not paging.is_cut_short(result, search, position):
            return position, result
        position = paging.beyond(position, search)
        return position, self._pages.read(search, position, with_facets=with_facets)
