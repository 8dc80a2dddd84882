"""Vectors whose nearest neighbours are beyond doubt, for whatever arithmetic compares them."""

import numpy as np

from es_mappings.layout import Vector


def separate_groups(groups: int, members: int, dims: int = 256) -> tuple[Vector, Vector]:
    """Return unit vectors in groups that lie far apart, and one more of each group to search by.

    Directions drawn at random are nearly perpendicular in many dimensions. With noise of half a group's length the
    cosine is about 0.8 within a group and at most 0.25 between two at 256 dimensions, which one bit a dimension tells
    apart, as does any rounding. So a structure that works finds a query's whole group on every machine.

    Returns
    -------
    vectors : ndarray of float32, shape (groups * members, dims)
        Group by group.
    queries : ndarray of float32, shape (groups, dims)
        One a group.
    """
    random = np.random.default_rng(7)
    drawn = random.normal(size=(groups, 1, dims)) + 0.5 * random.normal(size=(groups, members + 1, dims))
    drawn /= np.linalg.norm(drawn, axis=2, keepdims=True)
    unit = drawn.astype(np.float32)
    return np.ascontiguousarray(unit[:, 1:].reshape(-1, dims)), np.ascontiguousarray(unit[:, 0])
