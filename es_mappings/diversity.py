"""Diversity: a first page that isn't the same product two dozen times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from es_mappings.layout import Vector

# Products whose order is chosen anew: the first pages. Those after them stand by similarity alone.
WINDOW = 96


def mmr(similarities: Sequence[float], vectors: Sequence[Vector], diversity: float) -> list[int]:
    """Order products by maximal marginal relevance.

    The next product is always the one with the greatest ``(1 - diversity) * similarity - diversity * likeness``, its
    likeness being that to the most similar product already chosen (Carbonell and Goldstein, The use of MMR,
    SIGIR 1998, with lambda = 1 - diversity).

    Parameters
    ----------
    similarities : sequence of float
        To what is liked, 0 to 1.
    vectors : sequence of ndarray, shape (dims,)
        Weighed so that the dot product of two is at most 1; zeros for a product that has none.
    diversity : float
        0 keeps the order of similarity, 1 looks at likeness alone.

    Returns
    -------
    list of int
        Positions in the new order.
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
