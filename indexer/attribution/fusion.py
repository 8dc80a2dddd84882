"""Fuse the scores of several sources to calibrated probabilities, and estimate which labels are wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector

Labels = NDArray[np.int64]

_SOFTNESS = 0.1
_SHRINKAGE = 1e-3  # keeps the weight of a source that is never wrong finite


def evidence(estimates: Vector) -> Vector:
    """Return the logarithms of a source's estimated probabilities, which add up for independent sources.

    The softmax of their weighted sum is a logarithmic opinion pool (Genest and Zidek, 1986). Least squares can estimate
    values below 0; softplus makes them positive.
    """
    return np.asarray(np.log(_SOFTNESS * np.logaddexp(0, estimates / _SOFTNESS)), np.float32)


def fit_source_weights(scores: Sequence[Vector], labels: Labels) -> Vector:
    """Fit the sources' weights by maximum likelihood, as a conditional logit.

    A source has one weight for all values (McFadden 1974), so that a few hundred labels are enough, and the result is
    calibrated, as by temperature scaling. A source that shows nothing of the attribute gets the weight 0.

    Parameters
    ----------
    scores : sequence of ndarray, shape (n, values)
        Of each source, by leave-one-out.
    labels : ndarray of int, shape (n,)
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    stacked = np.stack(scores, axis=2).astype(np.float64)
    rows = np.arange(len(labels))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logs = log_softmax(stacked @ weights, axis=1)
        expected = (np.exp(logs)[:, :, None] * stacked).sum(axis=1)
        gradient = (expected - stacked[rows, labels]).mean(axis=0)
        return float(-logs[rows, labels].mean() + _SHRINKAGE * weights @ weights), gradient + 2 * _SHRINKAGE * weights

    start = np.full(stacked.shape[2], 2.0)
    result = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    return np.asarray(result.x, np.float32)


def probabilities(scores: Sequence[Vector], weights: Vector) -> Vector:
    """Return the fused probabilities: shape ``(n, values)``, rows that sum to 1."""
    from scipy.special import softmax

    return np.asarray(softmax(np.stack(scores, axis=2) @ weights, axis=1), np.float32)


def doubts(predicted: Vector, labels: Labels) -> tuple[Vector, float]:
    """Return the probability that each label is wrong, and the share of wrong labels.

    By Bayes' rule, if labels are right with probability ``1 - noise`` and otherwise any other value. The noise, which
    is the mean of these probabilities, is estimated by expectation maximisation.

    Parameters
    ----------
    predicted : ndarray, shape (n, values)
        Leave-one-out probability of each value.
    labels : ndarray of int, shape (n,)
    """
    right, others = predicted[np.arange(len(labels)), labels], max(predicted.shape[1] - 1, 1)
    noise = 0.04
    for _ in range(50):
        wrong = doubt(right, noise, others)
        noise = float(np.clip(wrong.mean(), 1e-3, 0.3))
    return wrong, noise


def doubt(right: Vector, noise: float, others: int) -> Vector:
    """Return the probability that a label is wrong, by Bayes' rule, if ``others`` values can be confused with it.

    Parameters
    ----------
    right : ndarray
        Leave-one-out probability of each label's value.
    """
    wrong = (1 - right) * noise / others
    return np.asarray(wrong / (wrong + right * (1 - noise) + 1e-12), np.float32)


def suspicious(predicted: Vector, labels: Labels) -> NDArray[np.bool_]:
    """Return which labels are too unlikely to learn from."""
    return np.asarray((predicted[np.arange(len(labels)), labels] < 0.1) & (predicted.max(axis=1) > 0.6))


def threshold(confidences: Vector, precision: float) -> float:
    """Return the least confidence above which the expected precision is reached; above 1 if there is none.

    The expected precision is the mean of calibrated confidences.
    """
    ordered = np.sort(confidences)[::-1]
    expected = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    good = np.flatnonzero(expected >= precision)
    return float(ordered[good[-1]]) if len(good) else 1.01


def skill(predicted: Vector, labels: Labels) -> float:
    """Return the share of uncertainty that predictions remove: McFadden's R squared, 1 at most."""
    rows = np.arange(len(labels))
    loss = -np.log(predicted[rows, labels] + 1e-9).mean()
    prior = np.bincount(labels, minlength=predicted.shape[1]) / len(labels)
    entropy = -np.log(prior[labels]).mean()
    return float(1 - loss / entropy) if entropy > 0 else 0.0
