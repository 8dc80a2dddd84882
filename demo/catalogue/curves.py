"""Monotone interpolation between knots."""

import numpy as np

from demo.catalogue.raster import FloatArray

Knots = list[tuple[float, float]]
"""(position, value), sorted by position."""


def interpolate(knots: Knots, at: FloatArray) -> FloatArray:
    """Interpolate monotonically (no overshoot) between knots.

    Parameters
    ----------
    knots : list of tuple
        (position, value), sorted by position.
    at : numpy.ndarray
        Positions to interpolate at; outside the knots the end values apply.

    Returns
    -------
    numpy.ndarray
        The values.
    """
    x = np.array([k[0] for k in knots])
    y = np.array([k[1] for k in knots])
    step = np.diff(x)
    rise = np.diff(y) / step
    slope = np.concatenate([rise[:1], np.zeros(len(rise) - 1), rise[-1:]])
    same = rise[:-1] * rise[1:] > 0
    slope[1:-1][same] = 2 * (rise[:-1] * rise[1:])[same] / (rise[:-1] + rise[1:])[same]
    place = np.clip(at, x[0], x[-1])
    i = np.clip(np.searchsorted(x, place) - 1, 0, len(rise) - 1)
    t = (place - x[i]) / step[i]
    square, cube = t * t, t * t * t
    value = y[i] * (2 * cube - 3 * square + 1) + step[i] * slope[i] * (cube - 2 * square + t)
    value += y[i + 1] * (3 * square - 2 * cube) + step[i] * slope[i + 1] * (cube - square)
    return np.asarray(value, dtype=np.float32)
