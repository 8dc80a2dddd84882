"""Measure how well vectors order products, judged by the labels that products share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.spaces.reduction.discriminants import UNKNOWN, Column
from indexer.spaces.reduction.labels import label_columns
from indexer.vectorizers.base import ProductFields

JUDGED = 400  # products that are ordered: among many more, the first ten are easily right

Measure = Callable[[Vector], float]
"""From the vectors of all products, shape ``(n, dims)``, to the quality of their order, 0 to 1."""


def shared_labels(columns: Mapping[str, Column], rows: slice | NDArray[np.intp]) -> Vector:
    """Return the share of each product's known labels that each other product also has: shape ``(n, n)``."""
    agreeing, known = 0.0, 0.0
    for column in columns.values():
        labels = column[rows]
        is_known = labels != UNKNOWN
        agreeing = agreeing + ((labels[:, None] == labels[None]) & is_known[:, None])
        known = known + is_known[:, None]
    shares = np.asarray(agreeing / np.maximum(known, 1), np.float32)
    np.fill_diagonal(shares, 0)
    return shares


def by_labels(products: Sequence[ProductFields]) -> Measure | None:
    """Return a measure by the labels that each product's neighbours share with it; None if there are no labels."""
    columns, judged = label_columns(products), slice(JUDGED)
    if not columns:
        return None
    gains = shared_labels(columns, judged)
    return lambda vectors: by_gains(gains)(vectors[judged])


def by_gains(gains: Vector) -> Measure:
    """Return a measure by NDCG@10, given the gain of each product for each other one, shape ``(n, n)``."""
    from sklearn.metrics import ndcg_score

    has_gains = gains.max(axis=1) > 0

    def measure(vectors: Vector) -> float:
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, -2)  # a product is not in its own results
        if not has_gains.any():
            return 0.0
        return float(ndcg_score(gains[has_gains], cosines[has_gains], k=10, ignore_ties=True))

    return measure
