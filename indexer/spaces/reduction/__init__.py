"""Reductions bring activations to an aspect's dimensions; saved and loaded without pickle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import Reduction
from indexer.spaces.reduction.choosing import fit_learned
from indexer.spaces.reduction.learned import Learned
from indexer.spaces.reduction.linear import Linear, fit_incremental_pca, fit_pca, fit_random
from indexer.spaces.reduction.within import NO_PAIRS, Pairs, fit_within

__all__ = [
    "NO_PAIRS",
    "Learned",
    "Linear",
    "Pairs",
    "Reduction",
    "fit_incremental_pca",
    "fit_learned",
    "fit_pca",
    "fit_random",
    "fit_within",
    "load_reduction",
]


def load_reduction(manifest: Mapping[str, Any], tensors: Mapping[str, Vector]) -> Reduction:
    """Load a reduction from its `manifest` and `tensors`.

    Raises
    ------
    KeyError
        The kind is unknown, or an array is missing.
    """
    return _KINDS[manifest["kind"]](manifest, tensors)


_KINDS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Vector]], Reduction]] = {
    "pca": Linear.load,
    "whitened": Linear.load,
    "random": Linear.load,
    "tokens": Linear.load,
    "within": Linear.load,
    "learned": Learned.load,
}
