"""Cursors: where a page ended, signed, so that only what we gave out comes back."""

from __future__ import annotations

from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from webapp.errors import ParameterError


class Cursors:
    """Writes and reads cursors of one secret."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="cursor")

    def write(self, after: list[Any], listing: str) -> str:
        """Write the place after a product (its ``sort`` values) in a listing (its fingerprint)."""
        return str(self._serializer.dumps([after, listing]))

    def read(self, cursor: str, listing: str) -> tuple[Any, ...]:
        """Read a cursor of this listing.

        Raises
        ------
        ParameterError
            It was altered, is another listing's, or was signed by a secret that is no longer used.
        """
        try:
            after, of = self._serializer.loads(cursor)
        except (BadData, ValueError, TypeError) as error:
            raise ParameterError("cursor", "not one of this shop, or expired; start from the first page") from error
        if of != listing:
            raise ParameterError("cursor", "belongs to another search; start from the first page")
        return tuple(after)
