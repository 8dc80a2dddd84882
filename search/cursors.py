"""Cursors: where a page ended and how its listing is served, signed so that forged ones are refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, Signer, URLSafeSerializer
from itsdangerous.encoding import want_bytes

from es_mappings.keywords import Keywords
from es_mappings.planner import Plan
from search.errors import ParameterError
from search.text_queries import Fallback


@dataclass(frozen=True)
class Neighbours:
    """The part of a listing that kNN has ordered, once the listing goes on beyond it.

    Attributes
    ----------
    plan : Plan
        How they were found.
    last : tuple
        The ``sort`` values of the last of them that was shown: its score and its id.
    """

    plan: Plan
    last: tuple[Any, ...]


@dataclass(frozen=True)
class Position:
    """Where the next page of a result begins.

    Attributes
    ----------
    listing : str
        Fingerprint of the listing; a cursor is valid only for the listing it came from.
    plan : Plan
        How the page is served.
    index, point_in_time : str
        What all pages are read from, even if another index goes live meanwhile.
    after : tuple
        The ``sort`` values of the last product shown.
    offset : int
        Products shown so far.
    total : int
        Of all pages, counted for the first.
    neighbours : Neighbours or None
        What kNN has ordered, on the pages beyond.
    offsets : tuple of float
        Those of the listing's query points (`QueryPoints.offsets`).
    keywords : str
        What the words of the listing were searched as, if they found nothing as they are.
    minimum_should_match : str
        How many of these words must match: `Keywords.minimum_should_match`.
    fallback : str
        What was searched for instead of the request (`search.text_queries.Fallback`).
    publication : int
        Number of the publication whose configuration and rules all pages follow.
    day : date or None
        The day of the first page, by which rules begin and end on all of them.
    trial : str
        Number and side of the experiment that all pages follow (`search.trials.Trial`).
    shown : tuple of str
        Ids of an interleaved first page, which the pages after it leave out.
    """

    listing: str
    plan: Plan
    index: str
    point_in_time: str
    after: tuple[Any, ...]
    offset: int
    total: int = 0
    neighbours: Neighbours | None = None
    offsets: tuple[float, ...] = ()
    keywords: str = ""
    minimum_should_match: str = ""
    fallback: Fallback = ""
    publication: int = 0
    day: dt.date | None = None
    trial: str = ""
    shown: tuple[str, ...] = ()

    @property
    def relaxed_keywords(self) -> Keywords | None:
        """What is searched for instead of the words as they are, if they found nothing."""
        return Keywords(self.keywords, minimum_should_match=self.minimum_should_match) if self.keywords else None


class _StrictSigner(Signer):
    """Accepts a signature in the one form that it writes; base64 has others that decode to the same bytes."""

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        return super().verify_signature(value, sig) and want_bytes(sig) == self.get_signature(value)


class Cursors:
    """Writes and reads cursors signed with one secret."""

    def __init__(self, secret: str) -> None:
        # This serializer compresses long values, and the id of a point in time is long.
        self._serializer = URLSafeSerializer(secret, salt="cursor", signer=_StrictSigner)

    def write(self, position: Position) -> str:
        """Write a position as text for a URL."""
        p = position
        neighbours = [p.neighbours.plan.to_dict(), list(p.neighbours.last)] if p.neighbours else None
        at = [p.index, p.point_in_time, list(p.after), p.offset, p.total, list(p.offsets)]
        relaxed = [p.keywords, p.minimum_should_match, p.fallback]
        followed = [p.publication, p.day.isoformat() if p.day else "", p.trial, list(p.shown)]
        return str(self._serializer.dumps([p.listing, p.plan.to_dict(), *at, neighbours, *relaxed, *followed]))

    def read(self, cursor: str, listing: str) -> Position:
        """Read a cursor of this listing.

        Raises
        ------
        ParameterError
            The cursor was altered, belongs to another listing, or was signed with a secret no longer in use.
        """
        try:
            fingerprint, plan, *at, known, keywords, least, fallback, number, day, trial, shown = (
                self._serializer.loads(cursor)
            )
            index, point, after, offset, total, offsets = at
            first_day = dt.date.fromisoformat(day) if day else None
        except (BadData, ValueError, TypeError) as error:
            raise ParameterError("cursor", "is not valid, or has expired; start from the first page") from error
        if fingerprint != listing:
            raise ParameterError("cursor", "belongs to another search; start from the first page")
        neighbours = Neighbours(Plan(**known[0]), tuple(known[1])) if known else None
        shared, relaxed = (neighbours, tuple(offsets)), (keywords, least, fallback, number)
        at = fingerprint, Plan(**plan), index, point, tuple(after), offset, total
        return Position(*at, *shared, *relaxed, day=first_day, trial=trial, shown=tuple(shown))
