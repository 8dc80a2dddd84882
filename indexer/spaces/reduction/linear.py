"""Linear reductions: PCA, PCA with whitening, random projection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from es_mappings.layout import Vector

if TYPE_CHECKING:
    from sklearn.decomposition import PCA, IncrementalPCA

# Raw dimensions up to which the covariance matrix is decomposed exactly; wider ones (a flattened layer, a Gram matrix)
# need a randomised solver, which builds no square matrix.
_MAX_EXACT = 4_096
_BATCH = 2_048  # activations per batch of an incremental PCA


@dataclass(frozen=True)
class Linear:
    """An affine projection: ``(x - mean) @ components.T``.

    Attributes
    ----------
    kind : str
        ``pca``, ``whitened``, ``random``, ``within`` (`fit_within`) or ``tokens`` (`token_weights`).
    mean : ndarray of float32, shape (raw_dims,)
    components : ndarray of float32, shape (dims, raw_dims)
    variances : ndarray of float32, shape (dims,)
        Share of the training data's variance that each dimension keeps.
    why : str
        Why it was chosen instead of a learned projection, if it was.
    familiar_limit : float or None
        Of a PCA of images: what `familiarity.familiar_limit` returned.
    nuisance : ndarray of float32, shape (any, raw_dims), optional
        Of a PCA of images: what `familiarity.nuisance` returned.
    """

    kind: str
    mean: Vector
    components: Vector
    variances: Vector
    why: str = ""
    familiar_limit: float | None = None
    nuisance: Vector | None = None

    @classmethod
    def load(cls, manifest: Mapping[str, Any], tensors: Mapping[str, Vector]) -> Linear:
        """Load from `manifest` and `tensors`."""
        return cls(
            str(manifest["kind"]),
            tensors["mean"],
            tensors["components"],
            tensors["variances"],
            str(manifest.get("why", "")),
            manifest.get("familiar_limit"),
            tensors.get("nuisance"),
        )

    @property
    def dims(self) -> int:
        """Dimensions of the result."""
        return len(self.components)

    @property
    def kept(self) -> float:
        """Share of the variance that is kept, 0 to 1."""
        return min(1.0, float(self.variances.sum(dtype=np.float64)))

    @property
    def manifest(self) -> dict[str, Any]:
        """All parameters except the arrays."""
        limit = {} if self.familiar_limit is None else {"familiar_limit": self.familiar_limit}
        return {"kind": self.kind, "dims": self.dims, "kept": round(self.kept, 4), "why": self.why, **limit}

    @property
    def tensors(self) -> dict[str, Vector]:
        """The arrays."""
        nuisance = {} if self.nuisance is None else {"nuisance": self.nuisance}
        return {"mean": self.mean, "components": self.components, "variances": self.variances, **nuisance}

    def truncated(self, dims: int) -> Linear:
        """Return it with the first dimensions only; for a PCA or random projection this equals a fit of so few."""
        return replace(self, components=self.components[:dims], variances=self.variances[:dims])

    def __call__(self, activations: Vector) -> Vector:
        """Reduce activations of shape ``(n, raw_dims)`` to ``(n, dims)``."""
        return np.asarray((activations - self.mean) @ self.components.T, np.float32)


def fit_pca(activations: Vector, dims: int, *, whiten: bool = False) -> Linear:
    """Fit a PCA.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
        At least two.
    dims : int
        Components to keep; at most the number of activations minus 1, or of raw dimensions.
    whiten : bool
        Scale every dimension to a variance of 1, so that all count equally.

    Raises
    ------
    ValueError
        Fewer than two activations.
    """
    from sklearn.decomposition import PCA

    _check_count(activations)
    # n centred points span n - 1 dimensions. The covariance's eigenvectors are exact, deterministic in sign, and fast
    # if there are more products than raw dimensions.
    components = min(dims, len(activations) - 1, activations.shape[1])
    solver = "covariance_eigh" if activations.shape[1] <= _MAX_EXACT else "randomized"
    return _from_pca(PCA(components, svd_solver=solver, random_state=0).fit(activations), whiten=whiten)


def fit_incremental_pca(chunks: Iterable[Vector], dims: int, *, whiten: bool = False) -> Linear:
    """Fit a PCA on activations that don't fit in memory together.

    Parameters
    ----------
    chunks : iterable of ndarray, shape (any, raw_dims)
        Read once, in batches of about `_BATCH` activations.
    dims, whiten
        As for `fit_pca`.

    Raises
    ------
    ValueError
        Fewer than two activations.
    """
    from sklearn.decomposition import IncrementalPCA

    pca: IncrementalPCA | None = None
    for batch in _batches(chunks, max(_BATCH, 2 * dims)):
        if pca is None:
            _check_count(batch)
            pca = IncrementalPCA(min(dims, len(batch) - 1, batch.shape[1]))
        pca.partial_fit(batch)
    if pca is None:
        raise ValueError("a reduction needs at least two activations, got 0")
    return _from_pca(pca, whiten=whiten)


def fit_random(activations: Vector, dims: int) -> Linear:
    """Draw a random projection from a fixed seed: it preserves distances on average, whatever the data.

    References
    ----------
    Johnson and Lindenstrauss, "Extensions of Lipschitz mappings into a Hilbert space", 1984.
    """
    from sklearn.random_projection import GaussianRandomProjection

    _check_count(activations)
    components = GaussianRandomProjection(dims, random_state=0).fit(activations).components_.astype(np.float32)
    mean = activations.mean(axis=0, dtype=np.float64).astype(np.float32)
    return Linear("random", mean, components, shares_of_variance(activations - mean, components))


def shares_of_variance(centred: Vector, components: Vector) -> Vector:
    """Return the share of the variance that each dimension adds to those before it.

    Parameters
    ----------
    centred : ndarray, shape (n, raw_dims)
    components : ndarray, shape (dims, raw_dims)
        Not necessarily orthogonal.
    """
    directions = np.linalg.qr(components.T)[0]
    variances = (centred @ directions).var(axis=0) / max(float(centred.var(axis=0).sum()), 1e-12)
    shares = np.zeros(len(components), np.float32)
    shares[: len(variances)] = variances
    return shares


def _from_pca(pca: PCA | IncrementalPCA, *, whiten: bool) -> Linear:
    components = pca.components_
    if whiten:
        deviations = np.sqrt(np.maximum(pca.explained_variance_, 0))
        # A dimension without variance is nothing but rounding errors, and must not be scaled up to 1.
        components = components / np.maximum(deviations, 1e-4 * deviations.max() or 1.0)[:, None]
    kind = "whitened" if whiten else "pca"
    mean, components, variances = (
        np.ascontiguousarray(a, np.float32) for a in (pca.mean_, components, pca.explained_variance_ratio_)
    )
    return Linear(kind, mean, components, variances)


def _check_count(activations: Vector) -> None:
    if len(activations) < 2:
        raise ValueError(f"a reduction needs at least two activations, got {len(activations)}")


def _batches(chunks: Iterable[Vector], size: int) -> Iterator[Vector]:
    """Regroup chunks into batches of at least ``size`` rows; the last batch includes a shorter remainder."""
    pending: list[Vector] = []
    ready: Vector | None = None
    for chunk in chunks:
        pending.append(chunk)
        if sum(map(len, pending)) >= size:
            if ready is not None:
                yield ready
            ready, pending = np.concatenate(pending), []
    last = [part for part in ([ready] if ready is not None else []) + pending if len(part)]
    if last:
        yield np.concatenate(last)
