"""What is live of the search team's configurations and rules, as searches read it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from cachetools import LRUCache, cachedmethod
from elasticsearch import ApiError

from indexer.elastic.product_index import ProductIndex
from indexer.relevance.publications import Publications
from indexer.relevance.versions import Publication
from search.errors import is_script_fault
from search.newest import TIMEOUT_SECONDS, Newest

T = TypeVar("T")

log = logging.getLogger(__name__)

_KEPT = 50  # publications that cursors lead to


class Published:
    """Reads what is live, from memory for seconds; while it can't be read, the last one counts. Safe for threads."""

    def __init__(self, index: ProductIndex) -> None:
        self._publications = Publications(index.within(seconds=TIMEOUT_SECONDS))
        # Without it no page can be answered: the first time it may take as long as the page may.
        self._live = Newest("what is live", self._publications.live, Publication(), first=Publications(index).live)
        self._lock, self._earlier = Lock(), LRUCache[object, Publication](_KEPT)
        self._failed = -1  # number of the publication whose script failed

    def live(self) -> Publication:
        """Return what is live.

        Raises
        ------
        TransportError, ApiError, DeadlineError
            It can't be read, and never was.
        """
        return self._trusted(self._live.get())

    def serve(self, read: Callable[[Publication], T]) -> T:
        """Return what a function reads by what is live; where the configuration's script fails, by the code's own.

        A script is tried before it is published, but a shop's products may be otherwise than those it was tried on. One
        that failed isn't used again until something else is published.
        """
        live = self.live()
        try:
            return read(live)
        except ApiError as error:
            if not (live.configuration.similarity_script and is_script_fault(error)):
                raise
            log.error("the script of %r fails; the code's own is used instead: %s", live.configuration.name, error)
        with self._lock:
            self._failed = live.number
        return read(self._trusted(live))

    def _trusted(self, publication: Publication) -> Publication:
        """Return a publication, without its script if that failed."""
        if publication.number != self._failed:
            return publication
        configuration = publication.configuration.model_copy(update={"similarity_script": ""})
        return publication.model_copy(update={"configuration": configuration})

    def numbered(self, number: int) -> Publication:
        """Return a publication by number: that of a cursor, which may be older than what is live.

        Raises
        ------
        RelevanceError
            It is gone.
        """
        live = self.live()
        return live if number == live.number else self._trusted(self._read(number))

    @cachedmethod(lambda self: self._earlier, lock=lambda self: self._lock)
    def _read(self, number: int) -> Publication:
        return self._publications.numbered(number)
