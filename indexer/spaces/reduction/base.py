"""Interface of reductions."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from es_mappings.layout import Vector


class Reduction(Protocol):
    """Turns raw activations into the vector of an aspect; stored as plain arrays and a manifest."""

    @property
    def dims(self) -> int:
        """Dimensions of the result."""

    @property
    def kept(self) -> float:
        """Share of the variance of its training data that it keeps, 0 to 1."""

    @property
    def manifest(self) -> dict[str, Any]:
        """Its kind and all parameters except arrays, as plain JSON."""

    @property
    def tensors(self) -> dict[str, Vector]:
        """Its arrays by name."""

    def __call__(self, activations: Vector) -> Vector:
        """Reduce activations of shape ``(n, raw_dims)`` to ``(n, dims)``."""


def unit_rows(rows: Vector) -> Vector:
    """Scale each row to length 1; rows of zeros stay zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
