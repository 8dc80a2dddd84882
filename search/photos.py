"""What a search needs of shoppers' photographs: their vectors, by the token that an upload returned."""

from __future__ import annotations

from typing import Protocol

from es_mappings.layout import Vector


class PhotoVector(Protocol):
    """A photograph's compound vector, shape ``(dims,)``, and the vector space it belongs to."""

    @property
    def vector(self) -> Vector:
        """The vector; zero for the aspects that a photograph lacks (text, attributes)."""

    @property
    def space(self) -> str:
        """Digest of the vector space."""


class PhotoVectors(Protocol):
    """Short-lived store of photographs' vectors."""

    def get(self, token: str) -> PhotoVector | None:
        """Return a photograph's vector, or None if it has expired or cannot be read now."""
