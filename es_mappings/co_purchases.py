"""What was ordered together, of products and of categories: how strongly two of them go with each other. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Level = Literal["product", "category"]

# Orders of both from which on two are shown as going together: fewer may be chance, or a single shopper's.
LEAST_TOGETHER = 3

# A cosine of so many orders counts half: shrinkage by support, as item-based recommenders apply it (Bell and Koren,
# Improved Neighborhood-based Collaborative Filtering, 2007).
SHRINKAGE = 5.0

# So many orders of neither are added to those that were counted: among the first few, nothing is beyond chance.
_OTHER_ORDERS = 50

# How much harmony of style and color tilts what was ordered together: by this share between opposite and the same.
HARMONY = 0.5


@dataclass(frozen=True)
class CoPurchase:
    """Two products, or two categories, that were ordered together.

    Attributes
    ----------
    name, partner : str
        Ids of products, or paths of categories.
    together : int
        Orders that had both.
    orders, partner_orders : int
        Orders that had each.
    all_orders : int
        Orders that were counted in all.
    """

    name: str
    partner: str
    together: int
    orders: int
    partner_orders: int
    all_orders: int

    @property
    def affinity(self) -> float:
        """The cosine of co-occurrence beyond chance, shrunk where few orders speak for it: 0 to 1, 0 for chance."""
        # Counts are kept apart, and some may be lost: none is less than what it includes.
        orders, others = max(self.orders, self.together), max(self.partner_orders, self.together)
        by_chance = orders * others / (max(self.all_orders, orders, others) + _OTHER_ORDERS)
        cosine = max(0.0, self.together - by_chance) / math.sqrt(orders * others)
        return cosine * self.together / (self.together + SHRINKAGE)


def joined(affinity: float, similarity: float) -> float:
    """Join an affinity with the harmony of style and color.

    Parameters
    ----------
    similarity : float
        Of style and color: 0 opposite, 0.5 unrelated, 1 the same.
    """
    return affinity * (1 + HARMONY * (similarity - 0.5))
