"""Variants of a vector: each reduction, number of dimensions and metric, measured on one golden set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from es_mappings.layout import Vector
from indexer.relevance.golden import Grades
from indexer.relevance.metrics import PerAnchor, Score, interval, per_anchor
from indexer.spaces.reduction import Learned, Linear, fit_learned, fit_pca, fit_random
from indexer.vectorizers.base import ProductFields

RAW, CENTRED = "none", "centred"  # all dimensions: unchanged, and with the mean subtracted
REDUCTIONS = ("pca", "whitened", "random", "learned")
METRICS = {"cosine": "cosine", "euclidean": "sqeuclidean", "manhattan": "cityblock"}  # ours: SciPy's


@dataclass(frozen=True)
class Variant:
    """How a vector is made, and how two are compared."""

    vectorizer: str
    reduction: str
    dims: int
    metric: str


@dataclass(frozen=True)
class Judged:
    """A variant, its score on a golden set, and its ranking for each anchor."""

    variant: Variant
    score: Score
    by_anchor: PerAnchor = field(repr=False)
    run: dict[str, list[str]] = field(repr=False)


@dataclass(frozen=True)
class Reducers:
    """The reductions, fitted on products that aren't measured.

    Attributes
    ----------
    fit : ndarray, shape (n, raw_dims)
        Activations to fit on.
    products : sequence of ProductFields
        The product of each row, whose labels a learned reduction learns from.
    most : int
        Dimensions of the largest reduction.
    """

    fit: Vector
    products: Sequence[ProductFields]
    most: int
    _fitted: dict[str, Linear | Learned] = field(default_factory=dict)

    def transform(self, reduction: str, dims: int) -> Callable[[Vector], Vector]:
        """Return a fitted reduction to ``dims`` dimensions."""
        if reduction == RAW:
            return lambda rows: rows
        if reduction == CENTRED:
            mean = self.fit.mean(axis=0)
            return lambda rows: rows - mean
        return self._of(reduction).truncated(dims)

    def dims(self, requested: Sequence[int]) -> list[int]:
        """Return the requested numbers of dimensions that a fit on these activations can have."""
        most = min(len(self.fit) - 1, self.fit.shape[1])
        return [d for d in requested if d <= most]

    def _of(self, reduction: str) -> Linear | Learned:
        """Fit a reduction to the most dimensions, once: a smaller one takes the first of them."""
        if reduction not in self._fitted:
            most = min(self.most, len(self.fit) - 1, self.fit.shape[1])
            fits: dict[str, Callable[[], Any]] = {
                "pca": lambda: fit_pca(self.fit, most),
                "whitened": lambda: fit_pca(self.fit, most, whiten=True),
                "random": lambda: fit_random(self.fit, most),
                "learned": lambda: fit_learned(self.fit, self.products, most),
            }
            self._fitted[reduction] = fits[reduction]()
        return self._fitted[reduction]


def variants(
    name: str, reducers: Reducers, reductions: Sequence[str], dims: Sequence[int], metrics: Sequence[str]
) -> Iterator[Variant]:
    """Yield the variants of a vectorizer, the unreduced activations first."""
    raw_dims = [reducers.fit.shape[1]]
    for reduction, sizes in ((RAW, raw_dims), (CENTRED, raw_dims), *((r, reducers.dims(dims)) for r in reductions)):
        for size in sizes:
            for metric in metrics:
                yield Variant(name, reduction, size, metric)


def judge(
    variant: Variant,
    reducers: Reducers,
    activations: Mapping[str, Vector],
    grades: Grades,
    measure: str,
) -> Judged:
    """Rank each anchor's judged candidates by a variant, and score the ranking.

    Parameters
    ----------
    activations : mapping
        Product -> raw activation, of every product in the golden set.
    measure : str
        A metric of `indexer.relevance.metrics`.
    """
    ids = list(activations)
    reduced = reducers.transform(variant.reduction, variant.dims)(np.stack([activations[i] for i in ids]))
    run = rank(dict(zip(ids, reduced, strict=True)), grades, variant.metric)
    scores = per_anchor(grades, run, measure)
    return Judged(variant, interval(scores), scores, run)


def rank(vectors: Mapping[str, Vector], grades: Grades, metric: str) -> dict[str, list[str]]:
    """Rank the judged candidates of each anchor by their distance to it, the nearest first."""
    ids = list(vectors)
    places = {product: place for place, product in enumerate(ids)}
    rows = np.stack([vectors[i] for i in ids]).astype(np.float64)
    anchors = [a for a in grades if a in places]
    distances = cdist(rows[[places[a] for a in anchors]], rows, METRICS[metric])  # type: ignore[call-overload]
    run = {}
    for anchor, row in zip(anchors, distances, strict=True):
        candidates = np.array([places[c] for c in grades[anchor] if c in places], np.int64)
        run[anchor] = [ids[place] for place in candidates[np.argsort(row[candidates], kind="stable")]]
    return run
