"""Experiments as searches serve them: which side a visit gets, and pages that interleave both."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from cachetools import LRUCache, cachedmethod
from elasticsearch import ApiError

from es_mappings.experiment import Side
from es_mappings.results import Hit
from indexer.elastic.product_index import ProductIndex
from indexer.errors import RelevanceError
from indexer.experiments.assignment import side_of
from indexer.experiments.interleaving import Pick, team_draft
from indexer.experiments.log import Experiments, Run
from indexer.relevance.versions import Publication
from search.cursors import Cursors, Position
from search.errors import gone, is_script_fault
from search.listing import Listing
from search.newest import TIMEOUT_SECONDS, Newest
from search.parameters import SearchParameters
from search.published import Published
from search.similarities import Match

log = logging.getLogger(__name__)

_KEPT = 20  # experiments that cursors lead to
_MAX_SHOWN_BYTES = 2_000  # of the ids of an interleaved page, which the cursor of the next one holds


@dataclass(frozen=True)
class Trial:
    """The side of an experiment that a visit gets.

    Attributes
    ----------
    number : int
        Of the experiment.
    visit : str
        Id of the visit, which decides how pages are interleaved.
    """

    number: int
    side: Side
    visit: str

    def __str__(self) -> str:
        """Return number and side, as cursors carry them and events are counted by."""
        return f"{self.number}:{self.side}"


class ReadPage(Protocol):
    """Reads the first page of a listing by a publication; with facets as they were asked for, or without."""

    def __call__(self, searched: Publication, *, with_facets: bool = ...) -> Listing:
        """Read it."""


class Trials:
    """Reads which experiment runs, from memory for seconds; while it can't be read, the last one counts."""

    def __init__(self, index: ProductIndex, cursors: Cursors) -> None:
        self._cursors = cursors
        self._experiments = Experiments(index.within(seconds=TIMEOUT_SECONDS))
        self._running = Newest[Run | None]("which experiment runs", self._experiments.running, None, needed=False)
        self._lock, self._earlier = Lock(), LRUCache[object, Run](_KEPT)

    def of(self, visit: str) -> Trial | None:
        """Return what a visit gets; None if no experiment runs, or it doesn't take part."""
        run = self._running.get()
        side = side_of(run.experiment, run.number, visit) if run and run.experiment else None
        return Trial(run.number, side, visit) if run and side else None

    def unless_broken(self, trial: Trial | None, read: Callable[[Trial], Listing]) -> Listing | None:
        """Return what a function reads by a side; None without one, or where a script of it fails."""
        if trial is None:
            return None
        try:
            return read(trial)
        except ApiError as error:
            if not is_script_fault(error):
                raise
            log.error("a script of experiment %d fails, what is live counts instead: %s", trial.number, error)
        return None

    def publication(self, trial: str, published: Publication) -> Publication:
        """Return a publication with a side's configuration: its rules stay.

        Parameters
        ----------
        trial : str
            Number and side; empty for what is published.

        Raises
        ------
        RelevanceError
            The experiment can't be read.
        """
        if not trial:
            return published
        number, _, side = trial.partition(":")
        experiment = self._run(int(number)).experiment
        if experiment is None:
            raise RelevanceError(f"experiment {number} was written by another version of Lookalike")
        configuration = experiment.treatment if side == "treatment" else experiment.control
        return published.model_copy(update={"configuration": configuration, "trial": trial})

    def of_cursor(self, position: Position, published: Published) -> Publication:
        """Return what the pages of a listing follow: the publication of the first one, and its side of an experiment.

        Raises
        ------
        ParameterError
            One of them is gone.
        """
        try:
            return self.publication(position.trial, published.numbered(position.publication))
        except RelevanceError as error:
            raise gone("cursor") from error

    def first_page(
        self, requested: SearchParameters, trial: Trial | None, published: Publication, read: ReadPage
    ) -> Listing:
        """Read the first page of a listing by the side of an experiment.

        An interleaved page is made of the first pages of both; the pages after it go on as the control does. It stays
        the control's where products are pinned, and where the two find different ones.
        """
        listing = read(self.publication(str(trial or ""), published))
        if trial is None or trial.side != "interleaved" or not _can_share(requested, listing):
            return listing
        tried = self.publication(str(replace(trial, side="treatment")), published)
        other = read(tried, with_facets=False)
        if not _find_the_same(listing, other):
            return listing
        picks = team_draft(_ids(listing), _ids(other), requested.size, f"{trial.visit}\n{requested.fingerprint}")
        return replace(_picked(picks, listing, other), next_cursor=self._next_cursor(requested, listing, picks))

    def _next_cursor(self, requested: SearchParameters, control: Listing, picks: Sequence[Pick]) -> str | None:
        """Return the cursor of the control's order without what an interleaved page has shown."""
        if control.next_cursor is None:
            return None
        following = self._cursors.read(control.next_cursor, requested.fingerprint)
        shown = tuple(pick.product_id for pick in picks)
        return self._cursors.write(replace(following, after=(), neighbours=None, shown=shown, offset=len(shown)))

    def _run(self, number: int) -> Run:
        running = self._running.get()
        return running if running and running.number == number else self._read(number)

    @cachedmethod(lambda self: self._earlier, lock=lambda self: self._lock)
    def _read(self, number: int) -> Run:
        return self._experiments.get(number)


def _picked(picks: Sequence[Pick], control: Listing, treatment: Listing) -> Listing:
    """Return the control's listing with the products that were picked, each as its team's page shows it."""
    by_team = {"a": _by_id(control), "b": _by_id(treatment)}
    page = [by_team[pick.team][pick.product_id] for pick in picks]
    result = replace(control.result, hits=[hit for hit, _ in page])
    return replace(
        control, result=result, matches=[match for _, match in page], teams="".join(pick.team for pick in picks)
    )


def _ids(listing: Listing) -> list[str]:
    return [str(hit.product["id"]) for hit in listing.result.hits]


def _by_id(listing: Listing) -> dict[str, tuple[Hit, Match]]:
    return {hit.product["id"]: (hit, match) for hit, match in zip(listing.result.hits, listing.matches, strict=True)}


def _find_the_same(control: Listing, treatment: Listing) -> bool:
    searches = control.search, treatment.search
    found = {(s.keywords.text, s.keywords.minimum_should_match, s.fallback) for s in searches}
    totals = {listing.result.total for listing in (control, treatment)}
    is_whole = not (control.result.is_incomplete or treatment.result.is_incomplete)
    return len(found) == len(totals) == 1 and is_whole and not treatment.search.pinned and _fits(treatment)


def _can_share(requested: SearchParameters, listing: Listing) -> bool:
    """Return whether a listing's products can share a page with those of another order, one by one."""
    is_ordered = requested.order in ("similar", "relevance") and not requested.group and not requested.min_match
    return is_ordered and not listing.search.pinned and _fits(listing)


def _fits(listing: Listing) -> bool:
    return sum(len(product_id.encode()) for product_id in _ids(listing)) <= _MAX_SHOWN_BYTES
