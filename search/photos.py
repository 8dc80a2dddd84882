"""What a search needs of shoppers' photographs: their vectors, by the token that an upload was answered with."""

from __future__ import annotations

from typing import Protocol

from es_mappings.layout import Vector


class PhotoVector(Protocol):
    """A photograph's compound vector, shape ``(dims,)``, and the vector space it belongs to."""

    @property
    def vector(self) -> Vector:
        """The vector; zeros where a photograph has nothing (text, attributes)."""

    @property
    def space(self) -> str:
        """Digest of the vector space."""


class PhotoVectors(Protocol):
    """Where photographs' vectors are kept for a while."""

    def get(self, token: str) -> PhotoVector | None:
        """Return a photograph's vector; None where it is gone, or can't be read just now."""
