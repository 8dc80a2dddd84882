"""Confidence intervals by resampling anchors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000

Floats = NDArray[np.float64]


def ratio(parts: Floats, wholes: Floats, axis: int = -1) -> Any:
    """Return the sum of parts by that of wholes, along an axis."""
    return parts.sum(axis=axis) / wholes.sum(axis=axis)


def bootstrap(
    statistic: Callable[..., Any], *samples: Sequence[float] | Floats, confidence: float = 0.95, seed: int = 7
) -> tuple[float, float]:
    """Return the ends of a statistic's percentile bootstrap interval (Efron and Tibshirani, 1993).

    Parameters
    ----------
    statistic : callable
        `numpy.mean`, `ratio` or their like.
    *samples : sequence of float
        What the statistic takes, a number an anchor each; anchors are resampled.
    """
    from scipy import stats

    arrays = [np.asarray(sample, np.float64) for sample in samples]
    value = float(statistic(*arrays))
    if len(arrays[0]) < 2 or all(np.ptp(array) == 0 for array in arrays):  # scipy would warn and return NaN
        return value, value
    drawn = stats.bootstrap(
        arrays,
        statistic,
        paired=True,
        vectorized=True,
        confidence_level=confidence,
        n_resamples=RESAMPLES,
        batch=1_000,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(drawn.low), float(drawn.high)
