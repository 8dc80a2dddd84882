"""Discriminants: linear classifiers of activations, all fitted from one decomposition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector

UNKNOWN = ""  # the class of products whose label is missing, or too rare to learn
Column = NDArray[np.str_]
"""One label of every product; `UNKNOWN` if a product has none."""

# Ridge penalties and softmax scales that are tried; the best are well inside both ranges (rows are scaled to a mean
# square length of 1).
_PENALTIES = 10.0 ** np.arange(-2, 3.1, 0.5)
_SCALES = 1.5 ** np.arange(0, 11)
_MAX_EXACT = 2_048  # raw dimensions that are decomposed exactly


@dataclass(frozen=True)
class Discriminant:
    """The classifier of one label.

    Attributes
    ----------
    name : str
        The label: ``category.1``, or an attribute's name.
    classes : list of str
        `UNKNOWN` first, if any product has it.
    weight : ndarray, shape (raw_dims, classes)
    bias : ndarray, shape (classes,)
        ``softmax(activations @ weight + bias)`` are probabilities of the classes.
    held_out : ndarray, shape (n, classes)
        Logits of each training row, by a fit without that row.
    loss : float
        Mean negative log-probability of the right class, by `held_out`.
    """

    name: str
    classes: list[str]
    weight: Vector
    bias: Vector
    held_out: Vector
    loss: float


def fit_discriminants(rows: Vector, columns: Mapping[str, Column]) -> list[Discriminant]:
    """Fit a classifier per label: ridge regression on class indicators, followed by a softmax.

    This is a linear discriminant analysis with a shrunken covariance (Hastie, Buja and Tibshirani, "Penalized
    discriminant analysis", 1995), but all labels share one eigendecomposition, and leave-one-out predictions cost
    nothing (Allen's PRESS): they choose the penalty by squared error, and the softmax's scale by likelihood.

    Parameters
    ----------
    rows : ndarray, shape (n, raw_dims)
    columns : mapping of str to array of str, shape (n,)
        Each label has at least two classes.
    """
    ridge = _Ridge(rows)
    return [ridge.fit(name, column) for name, column in columns.items()]


class _Ridge:
    def __init__(self, rows: Vector) -> None:
        self._mean = rows.mean(axis=0, dtype=np.float64)
        centred = np.asarray(rows - self._mean, np.float32)
        self._scale = max(float(np.sqrt((centred.astype(np.float64) ** 2).sum(axis=1).mean())), 1e-12)
        centred /= np.float32(self._scale)
        if rows.shape[1] <= _MAX_EXACT:
            values, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        else:  # too wide for a square matrix: only the strongest directions
            from sklearn.utils.extmath import randomized_svd

            _, singular, vectors = randomized_svd(centred, min(_MAX_EXACT, *centred.shape), random_state=0)
            values, vectors = singular**2, vectors.T
        self._values = np.maximum(values, 0)
        self._vectors = vectors
        self._rows = centred @ vectors.astype(np.float32)
        squares = self._rows.astype(np.float64) ** 2
        # A row's leverage: how much it determines its own prediction.
        self._leverage = [squares @ (1 / (self._values + p)) + 1 / len(rows) for p in _PENALTIES]

    def fit(self, name: str, column: Column) -> Discriminant:
        classes, labels = np.unique(column, return_inverse=True)
        indicators = np.eye(len(classes))[labels]
        shares = indicators.mean(axis=0)
        moments = self._rows.T @ (indicators - shares)
        left_out, best = None, 0
        for index, (penalty, leverage) in enumerate(zip(_PENALTIES, self._leverage, strict=True)):
            fitted = self._rows @ (moments / (self._values + penalty)[:, None]) + shares
            residuals = (indicators - fitted) / np.maximum(1 - leverage, 1e-6)[:, None]
            error = float((residuals**2).mean())
            if left_out is None or error < left_out[0]:
                left_out, best = (error, indicators - residuals), index
        assert left_out is not None  # noqa: S101 - there are penalties
        held_out = left_out[1]
        losses = [_loss(held_out * scale, labels) for scale in _SCALES]
        scale = float(_SCALES[int(np.argmin(losses))])
        solution = self._vectors @ (moments / (self._values + _PENALTIES[best])[:, None]) / self._scale
        return Discriminant(
            name,
            [str(c) for c in classes],
            np.asarray(solution * scale, np.float32),
            np.asarray((shares - self._mean @ solution) * scale, np.float32),
            np.asarray(held_out * scale, np.float32),
            min(losses),
        )


def _loss(scores: NDArray[np.float64], labels: NDArray[np.intp]) -> float:
    from scipy.special import softmax

    probabilities = softmax(scores, axis=1)[np.arange(len(scores)), labels]
    return float(-np.log(np.maximum(probabilities, 1e-12)).mean())


def entropy(column: Column, within: Column) -> float:
    """Return the loss of predicting each product's class by the class frequencies within its group.

    Frequencies are those of the group's other products, and of one more product that is the average of all, so that
    small groups aren't memorised.
    """
    from scipy.special import xlogy

    classes, labels = np.unique(column, return_inverse=True)
    groups, group = np.unique(within, return_inverse=True)
    counts = np.zeros((len(groups), len(classes)))
    np.add.at(counts, (group, labels), 1)
    others = counts - 1 + counts.sum(axis=0) / len(column)
    probabilities = others / counts.sum(axis=1, keepdims=True)
    return float(-xlogy(counts, np.maximum(probabilities, 1e-12)).sum() / len(column))
