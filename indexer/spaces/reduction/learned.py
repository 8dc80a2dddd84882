"""A learned projection: what labels say of a picture beside what they don't name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import softmax

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import UNKNOWN, Discriminant
from indexer.spaces.reduction.linear import Linear

_LABELS_ROOM = 48  # more than a quarter of what labels say lies in; the rest needs the others


@dataclass(frozen=True)
class Head:
    """The outputs of one discriminant.

    Attributes
    ----------
    name : str
        The label.
    classes : int
        Outputs, the class of products without the label among them.
    unknown : bool
        Whether there is such a class; it is the first.
    """

    name: str
    classes: int
    unknown: bool

    @classmethod
    def of(cls, discriminant: Discriminant) -> Head:
        """Describe a discriminant's outputs."""
        return cls(discriminant.name, len(discriminant.classes), discriminant.classes[0] == UNKNOWN)


def agreement(scores: Vector, heads: Sequence[Head], *, linear: bool) -> Vector:
    """Turn the discriminants' outputs into vectors whose dot product says how far two pictures' labels agree.

    Of probabilities, the dot product over one label is the chance that both pictures have the same class, so that the
    sum over labels is how many of them agree. It is divided by how many apply: a laptop has no sleeves. What the
    discriminants are unsure of is short, and leaves the order to the rest beside it (`fit_within`).

    Parameters
    ----------
    scores : ndarray, shape (n, classes of all heads)
    linear : bool
        Take the outputs as they are, as a linear discriminant analysis does, instead of their softmax.

    Returns
    -------
    ndarray of float32, shape (n, known classes of all heads)
        Of length 1 at most.
    """
    parts, applying = [], np.zeros(len(scores), np.float32)
    start = 0
    for head in heads:
        own = scores[:, start : start + head.classes]
        start += head.classes
        chances = softmax(own, axis=1)
        known = slice(1 if head.unknown else 0, None)
        parts.append(own[:, known] if linear else chances[:, known])
        applying += chances[:, known].sum(axis=1)
    together = np.hstack(parts)
    if linear:
        return unit_rows(together)
    return np.asarray(together / np.sqrt(np.maximum(applying, 1e-3))[:, None], np.float32)


@dataclass(frozen=True)
class Learned:
    """Discriminants and the rest side by side: the cosine of two is about the mean of the two, weighed by `share`.

    Attributes
    ----------
    rest : Linear
        Of activations of length 1 (`fit_within`): what labels don't name.
    share : float
        How much the rest counts, 0 to 1.
    heads : tuple of Head
    weight, bias : ndarray of float32, shapes (raw_dims, classes of all heads) and (classes of all heads,)
    linear : bool
        See `agreement`.
    directions : ndarray of float32, shape (dims, known classes)
        Of what labels say, those first in which products differ most.
    why : str
        How it was chosen, for people.
    """

    rest: Linear
    share: float
    heads: tuple[Head, ...]
    weight: Vector
    bias: Vector
    directions: Vector
    linear: bool = False
    why: str = ""

    @classmethod
    def load(cls, manifest: Mapping[str, Any], tensors: Mapping[str, Vector]) -> Learned:
        """Read back what `manifest` and `tensors` gave."""
        return cls(
            Linear.load(manifest["rest"], {k.removeprefix("rest."): v for k, v in tensors.items()}),
            float(manifest["share"]),
            tuple(Head(**head) for head in manifest["heads"]),
            tensors["weight"],
            tensors["bias"],
            tensors["directions"],
            bool(manifest["linear"]),
            str(manifest["why"]),
        )

    @property
    def learned_dims(self) -> int:
        """Dimensions that the labels take."""
        return len(self.directions)

    @property
    def dims(self) -> int:
        """Dimensions of what comes out."""
        return self.learned_dims + self.rest.dims

    @property
    def kept(self) -> float:
        """Share of the variance that the rest keeps, 0 to 1."""
        return self.rest.kept

    @property
    def manifest(self) -> dict[str, Any]:
        """What it learned from, and how it was chosen."""
        return {
            "kind": "learned",
            "dims": self.dims,
            "kept": round(self.kept, 4),
            "share": self.share,
            "heads": [{"name": h.name, "classes": h.classes, "unknown": h.unknown} for h in self.heads],
            "linear": self.linear,
            "rest": self.rest.manifest,
            "why": self.why,
        }

    @property
    def tensors(self) -> dict[str, Vector]:
        """The arrays."""
        own = {"weight": self.weight, "bias": self.bias, "directions": self.directions}
        return {**own, **{f"rest.{k}": v for k, v in self.rest.tensors.items()}}

    def truncated(self, dims: int) -> Learned:
        """Keep fewer dimensions, of labels and of the rest as many as a fit gives them; two at least."""
        told = max(1, min(labels_room(dims), self.learned_dims))
        return replace(self, directions=self.directions[:told], rest=self.rest.truncated(max(1, dims - told)))

    def __call__(self, activations: Vector) -> Vector:
        """Reduce activations of shape ``(n, raw_dims)`` to ``(n, dims)``."""
        rows = unit_rows(activations)
        told = agreement(rows @ self.weight + self.bias, self.heads, linear=self.linear) @ self.directions.T
        return beside(told, unit_rows(self.rest(rows)), self.share)


def labels_room(dims: int) -> int:
    """Return how many of so many dimensions labels may take: a quarter, or 48 where that is no more than half."""
    return min(dims // 2, max(dims // 4, _LABELS_ROOM))


def beside(told: Vector, rest: Vector, share: float) -> Vector:
    """Lay what labels say beside the rest: dot products are weighed by ``1 - share`` and ``share``."""
    return np.hstack([told * np.float32((1 - share) ** 0.5), rest * np.float32(share**0.5)])
