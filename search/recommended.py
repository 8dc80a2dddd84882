"""What rails are made of: recommended products, each with what it is recommended for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from es_mappings.behaviour import Interest
from es_mappings.co_purchases import CoPurchase
from es_mappings.results import Hit

# What resembles a shopper's interests; what is ordered with some products; what resembles those, where nothing is known
# of their orders; what resembles a product that is gone.
Kind = Literal["inspired", "goes_with", "similar", "instead"]


@dataclass(frozen=True)
class Recommended:
    """A product of a rail.

    Attributes
    ----------
    because : str
        Id of the anchor that it is recommended for.
    evidence : CoPurchase or None
        Of a product that goes with the anchor: the orders that say so, of the two or of their categories.
    """

    hit: Hit
    because: str
    evidence: CoPurchase | None = None

    @property
    def product(self) -> dict[str, Any]:
        """The product's fields."""
        return self.hit.product


@dataclass(frozen=True)
class Rail:
    """A row of recommended products, with the products it is based on."""

    kind: Kind
    items: list[Recommended]
    sources: dict[str, dict[str, Any]]  # id to product of its anchors, highest weight first
    interests: Mapping[str, Interest]
