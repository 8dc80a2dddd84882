"""What Elasticsearch holds and staff change now and then, as searches read it: from memory for seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer import deadlines
from indexer.deadlines import DeadlineError
from indexer.errors import RelevanceError

log = logging.getLogger(__name__)

SECONDS = 2.0  # until it is read again; with what a page takes, a change counts within five
TIMEOUT_SECONDS = 1.0

T = TypeVar("T")


class Newest(Generic[T]):
    """Reads something at most every `SECONDS`; while it can't be read, the last one counts. Safe for threads.

    Parameters
    ----------
    what : str
        What it is, for the log.
    read : callable
        Reads it.
    default : T
        What counts where nobody can read what another version of the code wrote.
    needed : bool
        Whether `get` raises an error if it can't be read and never was; otherwise the default counts.
    first : callable, optional
        Reads it as long as it never was, and may take longer, because nothing else could count.
    """

    def __init__(
        self, what: str, read: Callable[[], T], default: T, *, needed: bool = True, first: Callable[[], T] | None = None
    ) -> None:
        self._what, self._reader, self._default, self._needed = what, read, default, needed
        self._first = first or read
        self._lock = threading.Lock()  # of the fields below, never held while Elasticsearch is asked
        self._reading = threading.Lock()  # held by the thread that reads
        self._known: T = default
        self._is_known = False
        self._checked = float("-inf")

    def get(self) -> T:
        """Return it.

        Raises
        ------
        TransportError, ApiError, DeadlineError
            It can't be read, never was, and is needed.
        """
        with self._lock:
            known, is_known, is_fresh = self._known, self._is_known, self._is_fresh()
        if is_known and (is_fresh or self._reading.locked()):
            return known
        with deadlines.holding(self._reading):
            with self._lock:
                if self._is_known and self._is_fresh():
                    return self._known  # another thread has read it meanwhile
            return self._read()

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._checked < SECONDS

    def _read(self) -> T:
        try:
            newest = self._reader() if self._is_known else self._first()
        except (ApiError, TransportError, DeadlineError, RelevanceError) as error:
            with self._lock:
                newest, is_known = self._known, self._is_known
            if not is_known and self._needed and not isinstance(error, RelevanceError):
                raise
            log.warning("%s can't be read; what was read last stays in use: %s", self._what, error)
        with self._lock:
            self._known, self._is_known, self._checked = newest, True, time.monotonic()
        return newest
