"""Arrange the products of a listing: what pins and hidden products become where one is moved. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrangement:
    """What a rule says about single products.

    Attributes
    ----------
    pins : mapping of str to int
        Product id to its position, from 1.
    hidden : tuple of str
        Ids.
    """

    pins: Mapping[str, int]
    hidden: Sequence[str] = ()

    def place(self, product_id: str, position: int, before: int | None = None) -> Arrangement:
        """Pin a product.

        Pinned products that stand in its way make room towards where it stood; one that is hidden is shown again.

        Parameters
        ----------
        before : int, optional
            Where it stood; by default nowhere, so that others make room towards the end.
        """
        pins = {i: p for i, p in self.pins.items() if i != product_id}
        taken = {p: i for i, p in pins.items()}
        step = -1 if before is not None and before < position else 1
        moved, at = product_id, max(position, 1)
        while True:
            pins[moved] = at
            if at not in taken:
                break
            moved, at = taken[at], at + step
        ordered = dict(sorted(pins.items(), key=lambda pin: pin[1]))
        return Arrangement(ordered, tuple(i for i in self.hidden if i != product_id))

    def unpin(self, product_id: str) -> Arrangement:
        """Let a product stand where it would by itself."""
        return Arrangement({i: p for i, p in self.pins.items() if i != product_id}, self.hidden)

    def hide(self, product_id: str) -> Arrangement:
        """Hide a product, which is no longer pinned."""
        return Arrangement(self.unpin(product_id).pins, tuple(dict.fromkeys((*self.hidden, product_id))))

    def show(self, product_id: str) -> Arrangement:
        """Show a hidden product again."""
        return Arrangement(self.pins, tuple(i for i in self.hidden if i != product_id))
