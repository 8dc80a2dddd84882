"""Reduce raw activations: fit, transform, save and load without pickle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from es_mappings.layout import Vector


@dataclass(frozen=True)
class Reduction:
    """An affine projection: ``(x - mean) @ components.T``.

    Attributes
    ----------
    mean : ndarray of float32, shape (raw_dims,)
    components : ndarray of float32, shape (dims, raw_dims)
    kept : float
        Share of the variance that the projection keeps on what it was fitted on.
    """

    mean: Vector
    components: Vector
    kept: float

    @property
    def dims(self) -> int:
        """Dimensions of what comes out."""
        return len(self.components)

    def __call__(self, activations: Vector) -> Vector:
        """Reduce activations of shape ``(n, raw_dims)`` to ``(n, dims)``."""
        return np.asarray((activations - self.mean) @ self.components.T, np.float32)


def fit_pca(activations: Vector, dims: int) -> Reduction:
    """Fit a PCA.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
        At least two.
    dims : int
        Components to keep; fewer are kept where there are fewer activations or raw dimensions than that.

    Raises
    ------
    ValueError
        Fewer than two activations.
    """
    if len(activations) < 2:
        raise ValueError(f"a PCA needs at least two activations, got {len(activations)}")
    # Centred, n points span n - 1 dimensions. The covariance's eigenvectors are exact, deterministic in sign, and
    # quick while there are more products than raw dimensions.
    kept = min(dims, len(activations) - 1, activations.shape[1])
    pca = PCA(kept, svd_solver="covariance_eigh").fit(activations)
    return Reduction(
        pca.mean_.astype(np.float32), pca.components_.astype(np.float32), float(pca.explained_variance_ratio_.sum())
    )
