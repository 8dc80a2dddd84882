"""From a text's sentence vector to where its picture would lie: to the look, style, color and attributes parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Layout, Vector
from indexer.spaces.reduction.base import unit_rows

Rows = NDArray[np.intp]

# Texts that a projection keeps to compare others with (Nyström's method): 6 MB. More were no better.
LANDMARKS = 2_048

_GAMMAS = (0.1, 0.3)  # of the kernel exp(-gamma * distance squared) between unit vectors, whose distances are 0 to 2
_RIDGES = (0.01, 0.1)
_HELD_OUT = 5  # every fifth product is held out to choose between them
_HIT = 10  # a choice is as good as the share of products whose own picture is among so many first ones


@dataclass(frozen=True)
class TextProjection:
    """A kernel ridge regression from sentence vectors to parts of the compound vector.

    Attributes
    ----------
    landmarks : ndarray of float32, shape (landmarks, text_dims)
        Unit sentence vectors.
    weights : ndarray of float32, shape (landmarks, dims of all parts)
    mean : ndarray of float32, shape (dims of all parts,)
        What a text that resembles no landmark is projected to: the mean of all products.
    dims : mapping of str to int
        The aspects projected to, and the dimensions of their parts.
    gamma : float
        Of the kernel ``exp(-gamma * |x - y|**2)``.
    why : str
        Readable reason for the choice.
    shift : ndarray of float32, shape (raw_dims,), optional
        Of a dual encoder, whose own text tower says where words lie in the look: from the mean of its texts to that of
        its pictures. The two lie apart (Liang et al., "Mind the gap", NeurIPS 2022).
    """

    landmarks: Vector
    weights: Vector
    mean: Vector
    dims: Mapping[str, int]
    gamma: float
    why: str = ""
    shift: Vector | None = None

    @classmethod
    def load(cls, manifest: Mapping[str, Any], tensors: Mapping[str, Vector]) -> TextProjection:
        """Load from `manifest` and `tensors`."""
        return cls(
            tensors["landmarks"],
            tensors["weights"],
            tensors["mean"],
            dict(manifest["dims"]),
            float(manifest["gamma"]),
            str(manifest["why"]),
            tensors.get("shift"),
        )

    @property
    def manifest(self) -> dict[str, Any]:
        """All parameters except the arrays, and how it was chosen."""
        return {"kind": "kernel ridge", "dims": dict(self.dims), "gamma": self.gamma, "why": self.why}

    @property
    def tensors(self) -> dict[str, Vector]:
        """The arrays."""
        arrays = {"landmarks": self.landmarks, "weights": self.weights, "mean": self.mean}
        return arrays if self.shift is None else {**arrays, "shift": self.shift}

    def __call__(self, sentences: Vector) -> dict[str, Vector]:
        """Project sentence vectors of shape ``(n, text_dims)``: aspect to ``(n, dims)``."""
        rows = _kernel(unit_rows(sentences), self.landmarks, self.gamma) @ self.weights + self.mean
        ends = np.cumsum(list(self.dims.values()))[:-1]
        return dict(zip(self.dims, np.split(np.asarray(rows, np.float32), ends, axis=1), strict=True))

    def closeness(self, sentence: Vector) -> float:
        """Return the highest cosine of a sentence vector, shape ``(text_dims,)``, with one that it learned from."""
        return float(np.max(self.landmarks @ unit_rows(sentence[None])[0]))


def fit_text_projection(texts: Vector, products: Rows, vectors: Vector, layout: Layout) -> TextProjection:
    """Learn a projection from texts and the vectors of their products.

    The kernel's width and the ridge are those that bring most held-out texts their own picture.

    Parameters
    ----------
    texts : ndarray, shape (n, text_dims)
        Sentence vectors; a product can have several.
    products : ndarray of int, shape (n,)
        Row of each text's product in ``vectors``.
    vectors : ndarray, shape (products, layout.dims)
        Compound vectors. Aspects that no product has, and that of the text itself, are not learned.

    Raises
    ------
    ValueError
        There are fewer than two products.
    """
    if len(vectors) < 2:
        raise ValueError(f"{len(vectors)} products are too few to learn from")
    aspects = [a for a in layout.aspects if a.name != "text" and vectors[:, a.part].any()]
    dims = {a.name: a.dims for a in aspects}
    targets = np.hstack([vectors[:, a.part] for a in aspects])
    rows = unit_rows(texts)
    held_out = products % _HELD_OUT == 0
    best, choice = -1.0, (_GAMMAS[0], _RIDGES[0])
    for gamma in _GAMMAS:
        for ridge in _RIDGES:
            fitted = _fit(rows[~held_out], targets[products[~held_out]], dims, gamma, ridge)
            hits = _hits(fitted, rows[held_out], products[held_out], targets)
            if hits > best:
                best, choice = hits, (gamma, ridge)
    why = f"of products held out, {best:.0%} of the texts find their own among the first {_HIT} of {held_out.sum():,}"
    return _fit(rows, targets[products], dims, *choice, why=why)


def _fit(
    rows: Vector, targets: Vector, dims: Mapping[str, int], gamma: float, ridge: float, why: str = ""
) -> TextProjection:
    """Solve the ridge regression on landmarks: min |K w - y|^2 + ridge * w' M w (Williams and Seeger, NIPS 2000)."""
    from scipy.linalg import cho_factor, cho_solve

    # Every n-th, because products come in a random order.
    landmarks = rows[:: -(-len(rows) // LANDMARKS)]
    mean = targets.mean(axis=0)
    kernel = _kernel(rows, landmarks, gamma).astype(np.float64)
    among = _kernel(landmarks, landmarks, gamma).astype(np.float64)
    matrix = kernel.T @ kernel + ridge * among
    matrix[np.diag_indices_from(matrix)] += 1e-6 * len(rows)  # landmarks may repeat
    weights = cho_solve(cho_factor(matrix), kernel.T @ (targets - mean))
    return TextProjection(landmarks, weights.astype(np.float32), mean.astype(np.float32), dims, gamma, why)


def _hits(fitted: TextProjection, rows: Vector, products: Rows, targets: Vector) -> float:
    """Return the share of texts whose product is among the first ones of those held out."""
    candidates = np.unique(products)
    scores, start = np.zeros((len(rows), len(candidates)), np.float32), 0
    for projected in fitted(rows).values():
        end = start + projected.shape[1]
        scores += unit_rows(projected) @ targets[candidates, start:end].T
        start = end
    own = scores[np.arange(len(rows)), np.searchsorted(candidates, products)]
    return float(((scores > own[:, None]).sum(axis=1) < _HIT).mean())


def _kernel(rows: Vector, others: Vector, gamma: float) -> Vector:
    """Return ``exp(-gamma * |x - y|**2)`` of unit vectors, shape ``(len(rows), len(others))``."""
    return np.asarray(np.exp(-2 * gamma * (1 - rows @ others.T)), np.float32)
