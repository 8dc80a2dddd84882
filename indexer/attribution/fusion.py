"""From the scores of several sources to one calibrated probability a value, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from es_mappings.layout import Vector

Labels = NDArray[np.int64]


_BEND = 0.1


def evidence(estimates: Vector) -> Vector:
    """Turn a source's estimates of probabilities into their logarithms, which add up where sources are independent.

    A weighed sum of them through a softmax is a logarithmic opinion pool (Genest and Zidek, 1986). Least squares
    estimates below 0, too: softplus bends those up, so that each has a logarithm.
    """
    return np.asarray(np.log(_BEND * np.logaddexp(0, estimates / _BEND)), np.float32)


def fit_weights(scores: Sequence[Vector], labels: Labels) -> Vector:
    """Weigh the sources so that their weighed sum, through a softmax, is as likely as can be: a conditional logit.

    One weight a source serves all values (McFadden 1974), so that a few hundred labels are enough, and the result is
    calibrated, as temperature scaling is. A source that shows nothing of the attribute gets a weight of 0.

    Parameters
    ----------
    scores : sequence of ndarray, shape (n, values)
        Of each source, made without the row's own label.
    labels : ndarray of int, shape (n,)
    """
    stacked = np.stack(scores, axis=2).astype(np.float64)
    rows = np.arange(len(labels))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logs = log_softmax(stacked @ weights, axis=1)
        expected = (np.exp(logs)[:, :, None] * stacked).sum(axis=1)
        gradient = (expected - stacked[rows, labels]).mean(axis=0)
        return float(-logs[rows, labels].mean() + _SHRINK * weights @ weights), gradient + 2 * _SHRINK * weights

    start = np.full(stacked.shape[2], 2.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    return np.asarray(found.x, np.float32)


_SHRINK = 1e-3  # keeps the weights finite where a source is never wrong


def probabilities(scores: Sequence[Vector], weights: Vector) -> Vector:
    """Join the sources: shape ``(n, values)``, rows that sum to 1."""
    return np.asarray(softmax(np.stack(scores, axis=2) @ weights, axis=1), np.float32)


def doubts(shown: Vector, labels: Labels) -> tuple[Vector, float]:
    """Return the probability that each label is wrong, and the share of wrong labels.

    Bayes' rule with labels that are right at a rate of ``1 - noise`` and else any other value alike. The noise is what
    makes the mean of these probabilities equal to it: found by expectation and maximisation.

    Parameters
    ----------
    shown : ndarray, shape (n, values)
        Probability of each value, made without the row's own label.
    labels : ndarray of int, shape (n,)
    """
    right, others = shown[np.arange(len(labels)), labels], max(shown.shape[1] - 1, 1)
    noise = 0.04
    for _ in range(50):
        found = doubt(right, noise, others)
        noise = float(np.clip(found.mean(), 1e-3, 0.3))
    return found, noise


def doubt(right: Vector, noise: float, others: int) -> Vector:
    """Return the probability that a label is wrong, by Bayes' rule, if ``others`` values may be mistaken for it.

    Parameters
    ----------
    right : ndarray
        Probability of each label's own value, made without the label.
    """
    wrong = (1 - right) * noise / others
    return np.asarray(wrong / (wrong + right * (1 - noise) + 1e-12), np.float32)


def suspicious(shown: Vector, labels: Labels) -> NDArray[np.bool_]:
    """Return which labels are so unlikely that nothing should be learnt from them."""
    return np.asarray((shown[np.arange(len(labels)), labels] < 0.1) & (shown.max(axis=1) > 0.6))


def threshold(confidences: Vector, precision: float) -> float:
    """Find the least confidence such that all above it are right at the wanted rate; above 1 where none is.

    The mean of calibrated confidences is the rate expected.
    """
    ordered = np.sort(confidences)[::-1]
    expected = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    good = np.flatnonzero(expected >= precision)
    return float(ordered[good[-1]]) if len(good) else 1.01


def skill(shown: Vector, labels: Labels) -> float:
    """Say how much of the uncertainty about a value is taken away: McFadden's R squared, 0 nothing to 1 all."""
    rows = np.arange(len(labels))
    likely = -np.log(shown[rows, labels] + 1e-9).mean()
    prior = np.bincount(labels, minlength=shown.shape[1]) / len(labels)
    entropy = -np.log(prior[labels]).mean()
    return float(1 - likely / entropy) if entropy > 0 else 0.0
