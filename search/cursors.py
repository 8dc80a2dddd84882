"""Cursors: where a page ended and how its listing is served, signed so that forged ones are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, Signer, URLSafeSerializer
from itsdangerous.encoding import want_bytes

from es_mappings.keywords import Keywords
from es_mappings.planner import Plan
from search.errors import ParameterError


@dataclass(frozen=True)
class Position:
    """Where the next page of a result begins.

    Attributes
    ----------
    listing : str
        Fingerprint of the listing; a cursor is valid only for the listing it came from.
    plan : Plan
        How all pages of the listing are served.
    index, point_in_time : str
        What all pages are read from, even if another index goes live meanwhile.
    after : tuple
        The ``sort`` values of the last product shown.
    offset : int
        Products shown so far.
    keywords : str
        What the words of the listing were searched as, if they found nothing as they are.
    minimum_should_match : str
        How many of these words must match: `Keywords.minimum_should_match`.
    """

    listing: str
    plan: Plan
    index: str
    point_in_time: str
    after: tuple[Any, ...]
    offset: int
    keywords: str = ""
    minimum_should_match: str = ""

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
        relaxed = [p.keywords, p.minimum_should_match] if p.keywords else []
        return str(
            self._serializer.dumps(
                [p.listing, p.plan.to_dict(), p.index, p.point_in_time, list(p.after), p.offset, *relaxed]
            )
        )

    def read(self, cursor: str, listing: str) -> Position:
        """Read a cursor of this listing.

        Raises
        ------
        ParameterError
            The cursor was altered, belongs to another listing, or was signed with a secret no longer in use.
        """
        try:
            fingerprint, plan, index, point_in_time, after, offset, *relaxed = self._serializer.loads(cursor)
        except (BadData, ValueError, TypeError) as error:
            raise ParameterError("cursor", "is not valid, or has expired; start from the first page") from error
        if fingerprint != listing:
            raise ParameterError("cursor", "belongs to another search; start from the first page")
        return Position(fingerprint, Plan(**plan), index, point_in_time, tuple(after), offset, *relaxed)
