"""Near duplicates, products whose images look nearly the same: the query for them, and the comparison. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from es_mappings.layout import Layout, Vector
from es_mappings.strategies import plain

# Cosine of the look from which two images are nearly the same: another file of one photograph, a crop, a recolour.
LEAST_COSINE = 0.97

_NEIGHBOURS = 20  # of each product; a larger group is joined through its members' neighbours
_CANDIDATES = 100


def near(product_id: str, row: Vector, layout: Layout, least: float = LEAST_COSINE) -> dict[str, Any]:
    """Build the search for a product's near duplicates.

    Parameters
    ----------
    row : ndarray, shape (layout.dims,)
        The product's compound vector.
    least : float
        Least cosine of the look.
    """
    return {
        "size": _NEIGHBOURS,
        "_source": False,
        "knn": {
            "field": "vector",
            "query_vector": plain(layout.weigh(row, {"look": 1.0})),
            "k": _NEIGHBOURS,
            "num_candidates": _CANDIDATES,
            "filter": {"bool": {"must_not": [{"ids": {"values": [product_id]}}]}},
            # For max_inner_product, the limit is the inner product itself.
            "similarity": least,
            "rescore_vector": {"oversample": 2.0},
        },
    }


def looks_like_one_of(row: Vector, others: Iterable[Vector], layout: Layout) -> bool:
    """Return whether a product's look is nearly the same as that of one of several others.

    Parameters
    ----------
    row, others : ndarray, shape (layout.dims,)
        Compound vectors; one without a look resembles none.
    """
    look = next((aspect.part for aspect in layout.aspects if aspect.name == "look"), slice(0))
    return any(float(row[look] @ other[look]) >= LEAST_COSINE for other in others)
