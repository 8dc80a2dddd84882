"""What a search needs of photographs and of text queries: their vectors, which the caller provides."""

from __future__ import annotations

from typing import Protocol

from es_mappings.layout import Vector


class QueryVector(Protocol):
    """A compound vector, shape ``(dims,)``, and the vector space it belongs to."""

    @property
    def vector(self) -> Vector:
        """The vector; zero for the aspects that a photograph lacks (text, attributes)."""

    @property
    def space(self) -> str:
        """Digest of the vector space."""

    @property
    def closeness(self) -> float:
        """How close it is to what the catalogue has, at most 1.

        Of words the highest cosine with the catalogue's; of a photograph 1 unless no product is of its kind.
        """


class PhotoVectors(Protocol):
    """Short-lived store of photographs' vectors, by the token that an upload returned."""

    def get(self, token: str) -> QueryVector | None:
        """Return a photograph's vector, or None if it has expired or cannot be read now."""


class TextVectors(Protocol):
    """Embeds the words of text queries."""

    def embed(self, words: str, space: str) -> QueryVector | None:
        """Return the vector of words in a vector space, by its digest, or None if nobody can embed them now."""
