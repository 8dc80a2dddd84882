"""A learned projection: predicted labels, concatenated with what labels don't name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import UNKNOWN, Discriminant
from indexer.spaces.reduction.linear import Linear

_MAX_LABEL_DIMS = 48  # unless a quarter of all dimensions is more


@dataclass(frozen=True)
class Head:
    """The outputs of one discriminant.

    Attributes
    ----------
    name : str
        The label.
    classes : int
        Outputs, including the class of products without the label.
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


def label_vectors(scores: Vector, heads: Sequence[Head], *, linear: bool) -> Vector:
    """Turn the discriminants' outputs into vectors whose dot product measures how far two images' labels agree.

    With probabilities, the dot product over one label is the probability that both images have the same class, and the
    sum over labels is the expected number that agree. It is divided by how many labels apply: a laptop has no sleeves.
    If the discriminants are unsure, the vector is short, and the rest (`fit_within`) decides the order.

    Parameters
    ----------
    scores : ndarray, shape (n, classes of all heads)
    linear : bool
        Use the outputs themselves, as a linear discriminant analysis does, instead of their softmax.

    Returns
    -------
    ndarray of float32, shape (n, known classes of all heads)
        Of length 1 at most.
    """
    from scipy.special import softmax

    parts, applicable = [], np.zeros(len(scores), np.float32)
    start = 0
    for head in heads:
        logits = scores[:, start : start + head.classes]
        start += head.classes
        probabilities = softmax(logits, axis=1)
        known = slice(1 if head.unknown else 0, None)
        parts.append(logits[:, known] if linear else probabilities[:, known])
        applicable += probabilities[:, known].sum(axis=1)
    vectors = np.hstack(parts)
    if linear:
        return unit_rows(vectors)
    return np.asarray(vectors / np.sqrt(np.maximum(applicable, 1e-3))[:, None], np.float32)


@dataclass(frozen=True)
class Learned:
    """Predicted labels and the rest, concatenated: a cosine is about the mean of both parts', weighted by `share`.

    Attributes
    ----------
    rest : Linear
        Projection of unit activations to what labels don't name (`fit_within`).
    share : float
        Weight of the rest, 0 to 1.
    heads : tuple of Head
    weight, bias : ndarray of float32, shapes (raw_dims, classes of all heads) and (classes of all heads,)
    linear : bool
        See `label_vectors`.
    directions : ndarray of float32, shape (dims, known classes)
        Principal directions of the label vectors, strongest first.
    why : str
        Readable reason for the choice.
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
        """Load from `manifest` and `tensors`."""
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
        """Dimensions of the result."""
        return self.learned_dims + self.rest.dims

    @property
    def kept(self) -> float:
        """Share of the variance that the rest keeps, 0 to 1."""
        return self.rest.kept

    @property
    def manifest(self) -> dict[str, Any]:
        """All parameters except the arrays, and how it was chosen."""
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
        labels = {"weight": self.weight, "bias": self.bias, "directions": self.directions}
        return {**labels, **{f"rest.{k}": v for k, v in self.rest.tensors.items()}}

    def truncated(self, dims: int) -> Learned:
        """Return it with fewer dimensions, divided between labels and rest as a fit divides them; at least two."""
        label_dims = max(1, min(max_label_dims(dims), self.learned_dims))
        rest = self.rest.truncated(max(1, dims - label_dims))
        return replace(self, directions=self.directions[:label_dims], rest=rest)

    def __call__(self, activations: Vector) -> Vector:
        """Reduce activations of shape ``(n, raw_dims)`` to ``(n, dims)``."""
        rows = unit_rows(activations)
        labels = label_vectors(rows @ self.weight + self.bias, self.heads, linear=self.linear) @ self.directions.T
        return join(labels, unit_rows(self.rest(rows)), self.share)


def max_label_dims(dims: int) -> int:
    """Return how many of ``dims`` dimensions labels may take: a quarter, or 48 if that is no more than half."""
    return min(dims // 2, max(dims // 4, _MAX_LABEL_DIMS))


def join(labels: Vector, rest: Vector, share: float) -> Vector:
    """Concatenate label vectors and the rest; their dot products are weighted by ``1 - share`` and ``share``."""
    return np.hstack([labels * np.float32((1 - share) ** 0.5), rest * np.float32(share**0.5)])
