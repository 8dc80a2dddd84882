"""Whether an image is of a kind that a catalogue has: how much of its activation a PCA of the catalogue can express.

What a catalogue's principal components can't reconstruct is unlike everything in it (Jackson and Mudholkar, Control
Procedures for Residuals Associated with Principal Component Analysis, 1979). Nearness to single products tells less: a
network that knows a thousand classes puts a shoe nearer to some dress than some dresses are to each other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import Reduction
from indexer.spaces.reduction.learned import Learned
from indexer.spaces.reduction.linear import Linear, fit_pca

LEAST = 200  # activations that a limit needs
SAMPLE = 4_000  # activations that it is measured on
_QUANTILE = 0.99  # of the catalogue's own images that are within the limit ...
_MARGIN = 1.05  # ... and what it is raised by, because shoppers' photographs differ from a shop's


def unexplained(reduction: Linear, activations: Vector) -> Vector:
    """Return the share of each activation's length that a PCA can't express, 0 to 1; shape ``(n,)``.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
    """
    centred = activations - reduction.mean
    rest = centred - (centred @ reduction.components.T) @ reduction.components
    lengths = np.linalg.norm(activations, axis=1)
    return np.asarray(np.linalg.norm(rest, axis=1) / np.where(lengths > 0, lengths, 1), np.float32)


def closeness(reduction: Reduction, activation: Vector) -> float:
    """Return how close an image is to those of the catalogue: 1 for one of a kind that it has, less for others.

    1, too, where nothing is known: the reduction is no PCA, or was fitted on few images.

    Parameters
    ----------
    activation : ndarray, shape (raw_dims,)
    """
    if not isinstance(reduction, Linear) or reduction.familiar_limit is None:
        return 1.0
    share = float(unexplained(reduction, activation[None])[0])
    return min(1.0, reduction.familiar_limit / share) if share > 0 else 1.0


def with_familiar_limit(reduction: Linear | Learned, activations: Vector) -> Linear | Learned:
    """Return a reduction that knows which images are familiar, if it is a PCA; activations in random order."""
    if not isinstance(reduction, Linear) or reduction.kind != "pca":
        return reduction
    return replace(reduction, familiar_limit=familiar_limit(activations, reduction.dims))


def familiar_limit(activations: Vector, dims: int) -> float | None:
    """Return up to which unexplained share an image is of a kind that the activations have.

    Measured on each half of the activations by a PCA of the other half, because a PCA expresses the images that it was
    fitted on too well.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
        In random order.

    Returns
    -------
    float or None
        None for fewer than `LEAST` activations.
    """
    if len(activations) < LEAST:
        return None
    halves = activations[::2], activations[1::2]
    shares = [unexplained(fit_pca(one, dims), other) for one, other in (halves, halves[::-1])]
    return round(_MARGIN * float(np.quantile(np.concatenate(shares), _QUANTILE)), 4)
