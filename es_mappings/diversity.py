"""Diversity: first pages whose products don't all look alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from es_mappings.layout import Vector

# Products that are reordered: the first pages. Those after them are sorted by similarity alone.
WINDOW = 96


def mmr(similarities: Sequence[float], vectors: Sequence[Vector], diversity: float) -> list[int]:
    """Order products by maximal marginal relevance.

    The next product is always the one with the greatest ``(1 - diversity) * similarity - diversity * likeness``, where
    likeness is the similarity to the most similar product already chosen (Carbonell and Goldstein, The use of MMR,
    SIGIR 1998, with lambda = 1 - diversity).

    Parameters
    ----------
    similarities : sequence of float
        To the anchors, 0 to 1.
    vectors : sequence of ndarray, shape (dims,)
        Scaled so that the dot product of two is at most 1; zeros for a product without a vector.
    diversity : float
        0 keeps the order of similarity, 1 considers likeness alone.

    Returns
    -------
    list of int
        Positions of the products, in the new order.
    """
    if not len(similarities):
        return []
    wanted, matrix = np.asarray(similarities, np.float64), np.stack(vectors)
    likeness = np.full(len(wanted), -1.0)
    left, order = list(range(len(wanted))), []
    while left:
        marginal = (1 - diversity) * wanted[left] - diversity * (1 + likeness[left]) / 2
        chosen = left.pop(int(np.argmax(marginal)))
        order.append(chosen)
        likeness = np.maximum(likeness, matrix @ matrix[chosen])
    return order
