"""The compound vector: where each aspect starts and ends in the one ``dense_vector`` field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

LEAST_LENGTH = 1e-15  # of a vector that has a direction: the squares of shorter ones underflow in float32


@dataclass(frozen=True)
class Aspect:
    """One part of the compound vector: ``vector[start : start + dims]``."""

    name: str
    start: int
    dims: int

    @property
    def part(self) -> slice:
        """The slice of the compound vector that holds this aspect."""
        return slice(self.start, self.start + self.dims)


@dataclass(frozen=True)
class Layout:
    """The aspects of a compound vector, side by side.

    A product's parts are unit vectors, or zeros where the product lacks the aspect. A query's parts are unit vectors
    scaled by the aspect's weight, so that the dot product of the two is ``sum(weight * cosine)`` over the aspects:
    one field serves every setting of the weights.
    """

    aspects: tuple[Aspect, ...]

    @classmethod
    def of(cls, dims: Mapping[str, int]) -> Layout:
        """Lay aspects side by side in the order given, e.g. ``Layout.of({"look": 256, "color": 32})``."""
        aspects, start = [], 0
        for name, size in dims.items():
            aspects.append(Aspect(name, start, size))
            start += size
        return cls(tuple(aspects))

    @classmethod
    def from_meta(cls, meta: Iterable[Mapping[str, object]]) -> Layout:
        """Read the layout back from a mapping's ``_meta.aspects``."""
        return cls(tuple(Aspect(str(a["name"]), int(str(a["start"])), int(str(a["dims"]))) for a in meta))

    def to_meta(self) -> list[dict[str, object]]:
        """Return the layout in the form of a mapping's ``_meta.aspects``."""
        return [{"name": a.name, "start": a.start, "dims": a.dims} for a in self.aspects]

    @property
    def dims(self) -> int:
        """Dimensions of the whole compound vector."""
        return sum(a.dims for a in self.aspects)

    @property
    def names(self) -> tuple[str, ...]:
        """The aspects' names, in the order in which they lie in the vector."""
        return tuple(a.name for a in self.aspects)

    def compose(self, parts: Mapping[str, Vector]) -> Vector:
        """Compose the vector of one product from its parts.

        Parameters
        ----------
        parts : mapping of str to ndarray
            Aspect name to its reduced vector, shape ``(dims,)`` or shorter (then filled with zeros). An aspect that is
            left out, or whose vector is zero, becomes zeros: it neither adds to nor takes from any similarity.

        Returns
        -------
        ndarray of float32, shape (self.dims,)
            Every part scaled to unit length.
        """
        vector = np.zeros(self.dims, np.float32)
        for aspect in self.aspects:
            part = parts.get(aspect.name)
            if part is not None:
                vector[aspect.start : aspect.start + len(part)] = unit(part)
        return vector

    def shares(self, vector: Vector, weights: Mapping[str, float]) -> dict[str, float]:
        """Return the share of the weights that each aspect has; the shares sum to 1.

        Aspects without a weight count 0. Aspects that the vector lacks (a photograph has no words) don't count either:
        products are compared by the aspects that it has.
        """
        counting = {a.name: weights.get(a.name, 0.0) for a in self.aspects if vector[a.part].any()}
        total = sum(counting.values())
        return {name: weight / total for name, weight in counting.items() if weight > 0}

    def weigh(self, vector: Vector, weights: Mapping[str, float]) -> Vector:
        """Scale each aspect of a compound vector to its share of the weights.

        Every part becomes a unit vector times its share, so that the dot product with any product lies in [-1, 1].
        """
        shares, weighed = self.shares(vector, weights), np.zeros(self.dims, np.float32)
        for aspect in self.aspects:
            if aspect.name in shares:
                weighed[aspect.part] = unit(vector[aspect.part]) * np.float32(shares[aspect.name])
        return weighed


def unit(vector: Vector) -> Vector:
    """Scale a vector to length 1; zeros stay zeros, and what is shorter than `LEAST_LENGTH` becomes zeros."""
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length > LEAST_LENGTH else np.zeros_like(vector)
