"""Fit aspect weights by category on a golden set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.layout import Layout, Vector
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.golden import Grades, products_in
from indexer.relevance.vectors import read_vectors

FLOOR = 0.05  # least weight of each aspect, so that none is lost because the golden set doesn't ask for it
LEAST = 20  # anchors that a category needs
_STEPS = 10  # equal parts into which the weight above the floors is divided
_DEPTH = 10  # NDCG@10
_FOLDS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """Aspect weights of a category, and their quality.

    Attributes
    ----------
    weights : dict
        Aspect -> weight; they sum to 1.
    before, after : float
        NDCG@10 by default weights, and by fitted ones in cross-validation.
    alone : dict
        Aspect -> NDCG@10 by this aspect alone.
    anchors : int
    """

    weights: dict[str, float]
    before: float
    after: float
    alone: dict[str, float]
    anchors: int

    @property
    def better(self) -> bool:
        """Whether fitted weights beat the default on held-out anchors."""
        return self.after > self.before


@dataclass(frozen=True)
class Judged:
    """The judged candidates of anchors as arrays, padded with candidates that always come last.

    Attributes
    ----------
    cosines : ndarray, shape (anchors, candidates, aspects)
    gains : ndarray, shape (anchors, candidates)
        ``2^grade - 1``; -1 for padding.
    """

    cosines: Floats
    gains: Floats

    def some(self, rows: NDArray[np.intp]) -> Judged:
        """Return the candidates of some anchors, by their row numbers."""
        return Judged(self.cosines[rows], self.gains[rows])

    def ndcg(self, weights: Floats) -> Floats:
        """Return NDCG@10 of each anchor under weights of shape ``(aspects,)``."""
        scores = np.where(self.gains < 0, -np.inf, self.cosines @ weights)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :_DEPTH]
        gains = np.maximum(self.gains, 0)
        ideal = -np.sort(-gains, axis=1)[:, :_DEPTH]
        return np.asarray(_dcg(np.take_along_axis(gains, order, axis=1)) / _dcg(ideal))


def fit_weights(index: ProductIndex, grades: Grades, layout: Layout = LAYOUT) -> dict[str, Fitted]:
    """Fit the weights of each top category whose anchors the golden set judges.

    Products that are missing or have no vector are left out.

    Returns
    -------
    dict
        Category path -> its weights, without categories of fewer than `LEAST` anchors.
    """
    products = read_vectors(index, sorted(products_in(grades)))
    by_category: dict[str, Grades] = {}
    for anchor, candidates in grades.items():
        if anchor in products and (path := products[anchor][1]):
            by_category.setdefault(path, {})[anchor] = candidates
    vectors = {product: row for product, (row, _) in products.items()}
    fitted = {}
    for path, judgements in sorted(by_category.items()):
        judged = judge(judgements, vectors, layout)
        if len(judged.gains) >= LEAST:
            fitted[path] = fit(judged, layout.names)
    return fitted


def keep_better(index: ProductIndex, fitted: Mapping[str, Fitted]) -> list[str]:
    """Write the weights that beat the default to the index's ``_meta``, and return the paths of their categories."""
    categories, better = CategoryWeights.from_meta(index.meta()), [path for path, fit in fitted.items() if fit.better]
    for path in better:
        categories = categories.having(path, fitted[path].weights)
    index.stamp(weights=categories.to_meta())
    return better


def fit(judged: Judged, names: Sequence[str]) -> Fitted:
    """Fit weights on judged candidates by a grid search above a floor for each aspect.

    Of equally good weights, those nearest to the default are chosen. Their gain is cross-validated: each fifth of the
    anchors is judged by weights fitted on the others.
    """
    default = np.array([DEFAULT_WEIGHTS.get(name, 0.0) for name in names])
    default = default / default.sum()
    tried = sorted(_simplex(len(names)), key=lambda w: float(((w - default) ** 2).sum()))
    scores = np.stack([judged.ndcg(weights) for weights in tried])  # (tried, anchors)
    before = judged.ndcg(default)
    folds = np.arange(scores.shape[1]) % _FOLDS
    held_out = np.empty(scores.shape[1])
    for fold in range(_FOLDS):
        chosen = int(scores[:, folds != fold].mean(axis=1).round(6).argmax())
        held_out[folds == fold] = scores[chosen, folds == fold]
    best = tried[int(scores.mean(axis=1).round(6).argmax())]
    alone = {name: float(judged.ndcg(row).mean()) for name, row in zip(names, np.eye(len(names)), strict=True)}
    weights = {name: round(float(weight), 3) for name, weight in zip(names, best, strict=True)}
    return Fitted(weights, float(before.mean()), float(held_out.mean()), alone, scores.shape[1])


def judge(grades: Grades, vectors: Mapping[str, Vector], layout: Layout) -> Judged:
    """Compare each anchor with its judged candidates by aspect; anchors without relevant candidates are left out."""
    rows: list[tuple[Floats, Floats]] = []
    for anchor, candidates in grades.items():
        known = [c for c in candidates if c in vectors]
        gains = np.array([2.0 ** candidates[c] - 1 for c in known])
        if anchor in vectors and gains.any():
            compared = [[float(vectors[c][a.part] @ vectors[anchor][a.part]) for a in layout.aspects] for c in known]
            rows.append((np.array(compared), gains))
    width = max((len(gains) for _, gains in rows), default=0)
    cosines, gains = np.zeros((len(rows), width, len(layout.aspects))), np.full((len(rows), width), -1.0)
    for number, (row_cosines, row_gains) in enumerate(rows):
        cosines[number, : len(row_gains)], gains[number, : len(row_gains)] = row_cosines, row_gains
    return Judged(cosines, gains)


def _simplex(aspects: int) -> Iterator[Floats]:
    """Yield all weights in steps above the floors, each summing to 1."""
    for parts in combinations_with_replacement(range(aspects), _STEPS):
        yield FLOOR + (1 - aspects * FLOOR) * np.bincount(parts, minlength=aspects) / _STEPS


def _dcg(gains: Floats) -> Floats:
    return np.asarray((gains / np.log2(np.arange(2, gains.shape[1] + 2))).sum(axis=1))
