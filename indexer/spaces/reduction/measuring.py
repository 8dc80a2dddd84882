"""How good an order vectors give, judged by what products have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from es_mappings.layout import Vector
from indexer.spaces.reduction.discriminants import UNKNOWN, Column
from indexer.spaces.reduction.labels import label_columns
from indexer.vectorizers.base import ProductFields

JUDGED = 400  # products among which an order is judged: of many more, the first ten are easily right

Measure = Callable[[Vector], float]
"""From the vectors of all products, shape ``(n, dims)``, to how good an order they give, 0 to 1."""


def shared_labels(columns: Mapping[str, Column], some: slice | NDArray[np.intp]) -> Vector:
    """Return the share of each product's known labels that each other product has too: shape ``(n, n)``."""
    agreeing, known = 0.0, 0.0
    for column in columns.values():
        own = column[some]
        has = own != UNKNOWN
        agreeing = agreeing + ((own[:, None] == own[None]) & has[:, None])
        known = known + has[:, None]
    shares = np.asarray(agreeing / np.maximum(known, 1), np.float32)
    np.fill_diagonal(shares, 0)
    return shares


def by_labels(products: Sequence[ProductFields]) -> Measure | None:
    """Measure vectors by how many labels of each product those beside it share; None where they have no labels."""
    columns, some = label_columns(products), slice(JUDGED)
    if not columns:
        return None
    gains = shared_labels(columns, some)
    return lambda vectors: by_gains(gains)(vectors[some])


def by_gains(gains: Vector) -> Measure:
    """Measure vectors by NDCG@10, given what each product is worth to each other one, shape ``(n, n)``."""
    from sklearn.metrics import ndcg_score

    findable = gains.max(axis=1) > 0

    def measure(vectors: Vector) -> float:
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, -2)  # a product is not in its own results
        return float(ndcg_score(gains[findable], cosines[findable], k=10, ignore_ties=True)) if findable.any() else 0.0

    return measure
