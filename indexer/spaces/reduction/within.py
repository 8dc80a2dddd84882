"""The rest of a learned projection: what differs between products that labels, or shoppers, put together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import Column
from indexer.spaces.reduction.linear import Linear, fit_pca, shares_of_variance

# How far directions are made equal: 0 is a PCA, 1 whitens within categories. Colours and patterns lie in weak ones;
# the weakest of all are noise.
_EQUALISED = 0.5
_LEAST_PAIRS = 50  # of likes: fewer teach their pictures
_LIKES = (0.5, 1.0)  # shares of the likes in the scatter, that are tried
_DEPTH, _JUDGED = 10, 2_000  # how far pairs are looked for, and about how many of them
_SURE = 3.0  # standard errors that likes have to gain to be heeded: pairs share products, so that two are soon seen

Pairs = NDArray[np.intp]
"""Products that were liked together, as places of their rows: shape ``(pairs, 2)``."""
NO_PAIRS: Pairs = np.empty((0, 2), np.intp)
_Square = NDArray[np.float64]


@dataclass(frozen=True)
class _Room:
    """Products in the directions that are kept, shape ``(n, dims)``, and how they scatter within categories."""

    seen: NDArray[np.float64]
    own: _Square | None

    def turned(self, likes: Pairs, share: float) -> _Square:
        """Return the map that makes directions equal, the ones in which products differ most first."""
        if self.own is None and not share:
            return np.eye(self.seen.shape[1])
        scatter = np.zeros((self.seen.shape[1],) * 2)
        if share < 1:
            scatter += (1 - share) * _normal(self.own if self.own is not None else np.cov(self.seen.T))
        if share:
            # Two that are liked together are a class of two: each lies half their difference from its mean.
            scatter += share * _normal(_scatter((self.seen[likes[:, 0]] - self.seen[likes[:, 1]]) / 2))
        values, vectors = np.linalg.eigh(scatter)
        equal = (vectors * np.maximum(values, 1e-9) ** (-_EQUALISED / 2)) @ vectors.T
        strongest = np.linalg.eigh(np.atleast_2d(np.cov((self.seen @ equal).T)))[1][:, ::-1]
        return np.asarray(equal @ strongest)


def fit_within(rows: Vector, groups: Column | None, dims: int, likes: Pairs = NO_PAIRS) -> Linear:
    """Fit a PCA of what differs within groups, its directions made more equal; likes say which of them matter.

    It is a relevant component analysis: directions in which products of one group differ much count less. Here the
    exponent is smaller than whitening's, and the scatter is shrunken, so that few products don't blow up noise. A pair
    that is liked together is a group of two; how much such pairs count beside the categories is decided by pairs of
    products that are left out.

    Parameters
    ----------
    rows : ndarray, shape (n, raw_dims)
    groups : array of str, shape (n,), optional
        Such as the category; without it, and where likes teach nothing, it is a PCA.
    dims : int
        Dimensions to keep.
    likes : ndarray of int, shape (pairs, 2), optional

    Returns
    -------
    Linear
        Its ``why`` says what likes taught, if there are any.

    References
    ----------
    Bar-Hillel, Hertz, Shental and Weinshall, "Learning a Mahalanobis metric from equivalence constraints", JMLR 2005;
    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004.
    """
    wide = fit_pca(rows, 2 * dims if groups is not None else dims)
    if groups is None and not len(likes):
        return wide
    seen = wide(rows).astype(np.float64)
    own = None
    if groups is not None:
        own = _scatter(_deviations(seen, groups))
        widest = np.linalg.eigh(own)[1][:, ::-1][:, :dims]
        seen, own = seen @ widest, widest.T @ own @ widest
        wide = replace(wide, components=np.asarray(widest.T @ wide.components, np.float32))
    room = _Room(seen, own)
    share, why = _share(room, likes)
    if groups is None and not share:
        return replace(wide, why=why)
    components = np.ascontiguousarray(room.turned(likes, share).T @ wide.components, np.float32)
    return Linear("within", wide.mean, components, shares_of_variance(rows - wide.mean, components), why)


def _share(room: _Room, likes: Pairs) -> tuple[float, str]:
    """Choose how much likes count, by how near pairs of products come that were left out."""
    if not len(likes):
        return 0.0, ""
    folds = list(_folds(likes))
    if len(likes) < _LEAST_PAIRS or not folds:
        return 0.0, f"likes are too few: {len(likes):,} pairs"
    scores = {
        share: np.concatenate([_found(room.seen @ room.turned(fitted, share), left_out) for fitted, left_out in folds])
        for share in (0.0, *_LIKES)
    }
    best = max(scores, key=lambda share: float(scores[share].mean()))
    gains = scores[best] - scores[0.0]
    if gains.mean() <= _SURE * gains.std() / len(gains) ** 0.5:
        return 0.0, f"{len(likes):,} likes add too little"
    told = f"DCG@10 of pairs left out {scores[0.0].mean():.3f} to {scores[best].mean():.3f}"
    return best, f"{len(likes):,} likes count {best:.0%} ({told})"


def _folds(likes: Pairs) -> Iterator[tuple[Pairs, Pairs]]:
    """Put each product on one of two sides; pairs across are left out."""
    liked = np.unique(likes)
    sides = np.random.default_rng(0).permutation(len(liked)) % 2
    of_pairs = sides[np.searchsorted(liked, likes)]
    halves = [likes[(of_pairs == side).all(axis=1)] for side in (0, 1)]
    if min(map(len, halves)) >= 10:
        yield halves[0], halves[1]
        yield halves[1], halves[0]


def _found(vectors: NDArray[np.float64], pairs: Pairs) -> NDArray[np.float64]:
    """Return the discounted gain of each pair's second product among the ten that are nearest to its first."""
    pairs = pairs[:: 1 + len(pairs) // _JUDGED]
    judged = np.unique(pairs)
    places = np.searchsorted(judged, pairs)
    own = unit_rows(np.asarray(vectors[judged], np.float32))
    cosines = own[places[:, 0]] @ own.T
    cosines[np.arange(len(places)), places[:, 0]] = -2
    ranks = (cosines > cosines[np.arange(len(places)), places[:, 1]][:, None]).sum(axis=1)
    return np.where(ranks < _DEPTH, 1 / np.log2(ranks + 2), 0)


def _deviations(seen: NDArray[np.float64], groups: Column) -> NDArray[np.float64]:
    names, places = np.unique(groups, return_inverse=True)
    sums = np.zeros((len(names), seen.shape[1]))
    np.add.at(sums, places, seen)
    return np.asarray(seen - (sums / np.bincount(places)[:, None])[places])


def _scatter(deviations: NDArray[np.float64]) -> _Square:
    from sklearn.covariance import ledoit_wolf

    return np.asarray(ledoit_wolf(deviations, assume_centered=True)[0])


def _normal(scatter: _Square) -> _Square:
    return np.asarray(scatter * (len(scatter) / max(float(np.trace(scatter)), 1e-12)))
