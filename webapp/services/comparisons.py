"""Pages of many searches under several configurations, searched in pieces, so that no request waits for all."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from indexer.catalog.documents import now
from indexer.relevance.versions import Publication
from search.comparison import PageSummary, Search, pages
from search.errors import ParameterError
from search.parameters import SearchParameters
from workers.errors import RedisUnavailableError
from workers.queues import keys
from workers.queues.values import ExpiringValues

log = logging.getLogger(__name__)

PIECE_SECONDS = 4.0  # of searching in one request: well below what a staff page may take
_KEPT_SECONDS = 600.0  # since the last piece; then everything is searched anew


@dataclass(frozen=True)
class Searched:
    """What one search shows under each configuration, or why it can't be searched."""

    pages: tuple[PageSummary, ...] = ()
    problem: str = ""


_Kept = TypeAdapter(list[Searched | None])


class Comparisons:
    """Searches by several configurations, and keeps what was found in Redis until all of it is there.

    Parameters
    ----------
    synonyms : callable
        Returns a digest of the shop's synonyms, as searches have them now.
    """

    def __init__(self, values: ExpiringValues, alias: str, synonyms: Callable[[], str]) -> None:
        self._values, self._alias, self._synonyms = values, alias, synonyms

    def continued(
        self,
        search: Search,
        searches: Sequence[SearchParameters],
        publications: Sequence[Publication],
        seconds: float,
    ) -> list[Searched | None]:
        """Search for some more of many searches, as far as the time allows, and return what is known of each.

        Parameters
        ----------
        seconds : float
            After which no other search begins.

        Returns
        -------
        list of Searched or None
            In the order of the searches; None for those that are left for the next call.

        Raises
        ------
        RedisUnavailableError
            Searches are left, and what was found can't be kept.
        """
        key = keys.comparison(self._alias, self._digest(searches, publications))
        found = self._read(key, len(searches), len(publications))
        until = time.monotonic() + seconds
        left = [place for place, searched in enumerate(found) if searched is None]
        try:
            for place in left:
                found[place] = _searched(search, searches[place], publications)
                if time.monotonic() > until:
                    break
        finally:  # what was found before Elasticsearch went away isn't lost
            if left:
                self._keep(key, found)
        return found

    def _digest(self, searches: Sequence[SearchParameters], publications: Sequence[Publication]) -> str:
        """Return a digest of all that decides what is found, but for the catalogue; rules may begin and end by day."""
        asked = [parameters.to_query() for parameters in searches]
        by = [publication.model_dump(mode="json", include={"configuration", "rules"}) for publication in publications]
        return hashlib.sha256(json.dumps([asked, by, self._synonyms(), now()[:10]]).encode()).hexdigest()[:32]

    def _keep(self, key: str, found: list[Searched | None]) -> None:
        try:
            self._values.set(key, _Kept.dump_json(found), seconds=_KEPT_SECONDS)
        except RedisUnavailableError:
            if None in found:
                raise

    def _read(self, key: str, searches: int, sides: int) -> list[Searched | None]:
        """Return what is kept; what can't be read, or isn't of these searches, counts as missing."""
        nothing: list[Searched | None] = [None] * searches
        try:
            kept = _Kept.validate_json(self._values.get(key) or b"[]")
        except RedisUnavailableError:
            return nothing
        except ValidationError as error:
            log.warning("a comparison that Redis holds can't be read: %s", error)
            return nothing
        fits = len(kept) == searches and all(s is None or s.problem or len(s.pages) == sides for s in kept)
        return kept if fits else nothing


def _searched(search: Search, parameters: SearchParameters, publications: Sequence[Publication]) -> Searched:
    try:
        return Searched(pages(search, parameters, publications))
    except ParameterError as error:  # the other searches go on
        return Searched(problem=str(error))
