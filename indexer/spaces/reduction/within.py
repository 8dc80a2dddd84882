"""The rest of a learned projection: what differs between products of one category or liked together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import Column
from indexer.spaces.reduction.linear import Linear, fit_pca, shares_of_variance

# How far directions are equalised: 0 is a PCA, 1 whitens within categories. Weak directions hold colours and patterns;
# the weakest are noise.
_EQUALISED = 0.5
_MIN_PAIRS = 50  # of likes: of fewer, their images would be memorised
_LIKE_SHARES = (0.5, 1.0)  # of likes in the scatter, that are tried
_DEPTH, _JUDGED = 10, 2_000  # depth of the metric, and about how many pairs are judged
_MIN_ERRORS = 3.0  # standard errors that likes have to gain: two are easily reached, because pairs share products

Pairs = NDArray[np.intp]
"""Products that were liked together, as row numbers: shape ``(pairs, 2)``."""
NO_PAIRS: Pairs = np.empty((0, 2), np.intp)
_Square = NDArray[np.float64]


@dataclass(frozen=True)
class _Projected:
    """Products in the PCA's directions, shape ``(n, dims)``, and their scatter within categories."""

    rows: NDArray[np.float64]
    scatter: _Square | None

    def equalising(self, likes: Pairs, share: float) -> _Square:
        """Return the map that equalises directions, ordered by the variance of the products."""
        if self.scatter is None and not share:
            return np.eye(self.rows.shape[1])
        scatter = np.zeros((self.rows.shape[1],) * 2)
        if share < 1:
            scatter += (1 - share) * _normalised(self.scatter if self.scatter is not None else np.cov(self.rows.T))
        if share:
            # Two products that are liked together are a class: each is half their difference from its mean.
            scatter += share * _normalised(_scatter((self.rows[likes[:, 0]] - self.rows[likes[:, 1]]) / 2))
        values, vectors = np.linalg.eigh(scatter)
        equal = (vectors * np.maximum(values, 1e-9) ** (-_EQUALISED / 2)) @ vectors.T
        strongest = np.linalg.eigh(np.atleast_2d(np.cov((self.rows @ equal).T)))[1][:, ::-1]
        return np.asarray(equal @ strongest)


def fit_within(rows: Vector, groups: Column | None, dims: int, likes: Pairs = NO_PAIRS) -> Linear:
    """Fit a PCA whose directions are equalised within groups and by likes.

    This is a relevant component analysis: directions in which products of one group differ much count less. The
    exponent is smaller than whitening's, and the scatter is shrunken, so that few products don't amplify noise. A pair
    that is liked together is a group of two; held-out pairs decide how much likes count compared with the groups.

    Parameters
    ----------
    rows : ndarray, shape (n, raw_dims)
    groups : array of str, shape (n,), optional
        For example categories. Without groups, and if likes add nothing, the result is a PCA.
    dims : int
        Dimensions to keep.
    likes : ndarray of int, shape (pairs, 2), optional

    Returns
    -------
    Linear
        Its ``why`` says what likes add, if there are any.

    References
    ----------
    Bar-Hillel, Hertz, Shental and Weinshall, "Learning a Mahalanobis metric from equivalence constraints", JMLR 2005;
    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004.
    """
    wide = fit_pca(rows, 2 * dims if groups is not None else dims)
    if groups is None and not len(likes):
        return wide
    projected = wide(rows).astype(np.float64)
    scatter = None
    if groups is not None:
        scatter = _scatter(_deviations(projected, groups))
        widest = np.linalg.eigh(scatter)[1][:, ::-1][:, :dims]
        projected, scatter = projected @ widest, widest.T @ scatter @ widest
        wide = replace(wide, components=np.asarray(widest.T @ wide.components, np.float32))
    products = _Projected(projected, scatter)
    share, why = _share(products, likes)
    if groups is None and not share:
        return replace(wide, why=why)
    components = np.ascontiguousarray(products.equalising(likes, share).T @ wide.components, np.float32)
    return Linear("within", wide.mean, components, shares_of_variance(rows - wide.mean, components), why)


def _share(products: _Projected, likes: Pairs) -> tuple[float, str]:
    """Choose how much likes count, by how near held-out pairs are to each other."""
    if not len(likes):
        return 0.0, ""
    folds = list(_folds(likes))
    if len(likes) < _MIN_PAIRS or not folds:
        return 0.0, f"likes are too few: {len(likes):,} pairs"
    scores = {
        share: np.concatenate(
            [_gains(products.rows @ products.equalising(fitted, share), held_out) for fitted, held_out in folds]
        )
        for share in (0.0, *_LIKE_SHARES)
    }
    best = max(scores, key=lambda share: float(scores[share].mean()))
    improvements = scores[best] - scores[0.0]
    if improvements.mean() <= _MIN_ERRORS * improvements.std() / len(improvements) ** 0.5:
        return 0.0, f"{len(likes):,} likes add too little"
    figures = f"DCG@10 of held-out pairs {scores[0.0].mean():.3f} to {scores[best].mean():.3f}"
    return best, f"{len(likes):,} likes count {best:.0%} ({figures})"


def _folds(likes: Pairs) -> Iterator[tuple[Pairs, Pairs]]:
    """Split pairs by assigning each product to one of two halves; pairs across are left out."""
    liked = np.unique(likes)
    sides = np.random.default_rng(0).permutation(len(liked)) % 2
    sides_of_pairs = sides[np.searchsorted(liked, likes)]
    halves = [likes[(sides_of_pairs == side).all(axis=1)] for side in (0, 1)]
    if min(map(len, halves)) >= 10:
        yield halves[0], halves[1]
        yield halves[1], halves[0]


def _gains(vectors: NDArray[np.float64], pairs: Pairs) -> NDArray[np.float64]:
    """Return the discounted gain of each pair's second product among the ten nearest to its first."""
    pairs = pairs[:: 1 + len(pairs) // _JUDGED]
    judged = np.unique(pairs)
    numbers = np.searchsorted(judged, pairs)
    unit = unit_rows(np.asarray(vectors[judged], np.float32))
    cosines = unit[numbers[:, 0]] @ unit.T
    cosines[np.arange(len(numbers)), numbers[:, 0]] = -2  # a product is not in its own results
    ranks = (cosines > cosines[np.arange(len(numbers)), numbers[:, 1]][:, None]).sum(axis=1)
    return np.where(ranks < _DEPTH, 1 / np.log2(ranks + 2), 0)


def _deviations(rows: NDArray[np.float64], groups: Column) -> NDArray[np.float64]:
    names, numbers = np.unique(groups, return_inverse=True)
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, numbers, rows)
    return np.asarray(rows - (sums / np.bincount(numbers)[:, None])[numbers])


def _scatter(deviations: NDArray[np.float64]) -> _Square:
    from sklearn.covariance import ledoit_wolf

    return np.asarray(ledoit_wolf(deviations, assume_centered=True)[0])


def _normalised(scatter: _Square) -> _Square:
    return np.asarray(scatter * (len(scatter) / max(float(np.trace(scatter)), 1e-12)))
