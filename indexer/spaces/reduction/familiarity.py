"""Whether an image is of a kind that a catalogue has: how much of its activation a PCA of the catalogue can express.

What a catalogue's principal components can't reconstruct is unlike everything in it (Jackson and Mudholkar, Control
Procedures for Residuals Associated with Principal Component Analysis, 1979). Nearness to single products tells less: a
network that knows a thousand classes puts a shoe nearer to some dress than some dresses are to each other.

A shopper's photograph of a product that the shop has differs from the shop's picture by light, blur, noise and angle.
Some of the catalogue's images, retaken as by phone (`indexer.images.phone`), show in which directions that moves an
activation. These nuisance directions don't count, and the limit is where the retaken images lie.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import Reduction
from indexer.spaces.reduction.learned import Learned
from indexer.spaces.reduction.linear import Linear, fit_pca

LEAST = 200  # activations that a limit needs
SAMPLE = 4_000  # activations that it is measured on
RETAKEN = 300  # of them, whose images are retaken
_QUANTILE = 0.99  # of the catalogue's own images that are within the limit ...
_MARGIN = 1.05  # ... and what it is raised by, where none are retaken: shoppers' photographs differ from a shop's
_LEAST_RETAKEN = 100
# Of the catalogue's own images, and of the retaken ones, that are within the limit where some are retaken. Fits of
# halves express less than the whole: about 1% of each turn out to be beyond it (docs/measurements.md).
_OWN, _RETAKEN = 0.98, 0.97
_NUISANCE = 32  # directions


@dataclass(frozen=True)
class Retaken:
    """Activations of some images of a catalogue, and of these as by phone; each of shape ``(n, raw_dims)``."""

    images: Vector
    retaken: Vector


def unexplained(reduction: Linear, activations: Vector) -> Vector:
    """Return the share of each activation's length that a PCA can't express, 0 to 1; shape ``(n,)``.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
    """
    rest = _rest(activations - reduction.mean, reduction.components)
    if reduction.nuisance is not None:
        rest = _rest(rest, reduction.nuisance)
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


def with_familiar_limit(
    reduction: Linear | Learned, activations: Vector, retaken: Retaken | None = None
) -> Linear | Learned:
    """Return a reduction that knows which images are familiar, if it is a PCA.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
        Of the catalogue's images.
    retaken : Retaken, optional
        Some of them, as by phone; fewer than 100 are not used.
    """
    if not isinstance(reduction, Linear) or reduction.kind != "pca":
        return reduction
    if retaken is not None and len(retaken.images) < _LEAST_RETAKEN:
        retaken = None
    limit = familiar_limit(activations, reduction.dims, retaken)
    known = nuisance(reduction, retaken) if retaken is not None and limit is not None else None
    return replace(reduction, familiar_limit=limit, nuisance=known)


def nuisance(reduction: Linear, retaken: Retaken) -> Vector:
    """Return the directions in which retaking moves activations most, apart from those of a PCA.

    Returns
    -------
    ndarray, shape (at most 32, raw_dims)
        Orthonormal, and orthogonal to the components.
    """
    moves = _rest(retaken.retaken - retaken.images, reduction.components)
    strengths, directions = np.linalg.svd(moves, full_matrices=False)[1:]
    return np.ascontiguousarray(directions[:_NUISANCE][strengths[:_NUISANCE] > 1e-4 * strengths[0]], np.float32)


def familiar_limit(activations: Vector, dims: int, retaken: Retaken | None = None) -> float | None:
    """Return up to which unexplained share an image is of a kind that the activations have.

    Measured on each half of the activations by a PCA of the other half, because a PCA expresses the images that it was
    fitted on too well.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
    retaken : Retaken, optional
        Some of these images, as by phone.

    Returns
    -------
    float or None
        None for fewer than `LEAST` activations, or if nearly all are equal.
    """
    sides, own, again = _sides(activations), [], []
    if len(activations) < LEAST or min(np.bincount(sides, minlength=2)) < 2:
        return None
    for side in (0, 1):
        reduction = fit_pca(activations[sides != side], dims)
        if retaken is not None:
            held_out = _sides(retaken.images) == side
            known = Retaken(retaken.images[~held_out], retaken.retaken[~held_out])
            reduction = replace(reduction, nuisance=nuisance(reduction, known))
            again.append(unexplained(reduction, retaken.retaken[held_out]))
        own.append(unexplained(reduction, activations[sides == side]))
    shares = np.concatenate(own)
    if again:
        limits = np.quantile(shares, _OWN), np.quantile(np.concatenate(again), _RETAKEN)
        return round(float(max(limits)), 4)
    return round(_MARGIN * float(np.quantile(shares, _QUANTILE)), 4)


def _rest(rows: Vector, directions: Vector) -> Vector:
    """Return rows without what orthonormal directions express."""
    return np.asarray(rows - (rows @ directions.T) @ directions, np.float32)


def _sides(activations: Vector) -> Vector:
    """Assign each image to one of two halves, at random but the same one wherever it occurs."""
    return np.array([zlib.crc32(np.ascontiguousarray(row).tobytes()) & 1 for row in activations])
