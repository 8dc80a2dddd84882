"""Simulated order histories with known complements, and their counts in memory."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from es_mappings.co_purchases import LEAST_TOGETHER, CoPurchase, Level

PARTNERS = 3  # complements that each product has
_BOUGHT_WITH = 0.5  # share of orders that have one of their product's complements
_BY_CHANCE = 0.5  # share of orders that have anything else


@dataclass(frozen=True)
class Complements:
    """What truly goes with each product: some of one other top category, the same for all of its own."""

    of: Mapping[str, tuple[str, ...]]
    categories: Mapping[str, str]  # id to the path of its narrowest category

    @classmethod
    def drawn(cls, categories: Mapping[str, str], draw: random.Random) -> Complements:
        """Draw them: top categories in pairs, products of the paired one at random."""
        tops = sorted({path.partition("/")[0] for path in categories.values()})
        paired = dict(zip(tops, [*tops[1:], tops[0]], strict=True))
        members = {top: sorted(i for i, path in categories.items() if path.partition("/")[0] == top) for top in tops}
        of = {
            i: tuple(draw.sample(others, min(PARTNERS, len(others))))
            for i, path in categories.items()
            for others in [members[paired[path.partition("/")[0]]]]
        }
        return cls(of, categories)

    def orders(self, count: int, sold: Sequence[str], draw: random.Random) -> Iterator[list[str]]:
        """Draw orders of products that are sold, popular ones often (by Zipf's law), some with complements.

        Parameters
        ----------
        count : int
            Orders.
        sold : sequence of str
            Ids in the order of their popularity.
        """
        weights = [1 / (rank + 1) for rank in range(len(sold))]
        for bought in draw.choices(sold, weights, k=count):
            order = [bought]
            if draw.random() < _BOUGHT_WITH:
                order.append(draw.choice(self.of[bought]))
            if draw.random() < _BY_CHANCE:
                order += draw.choices(sold, weights)
            yield order


@dataclass
class CountedOrders:
    """Counts as Redis keeps them, in memory (`search.complements.CoPurchases`)."""

    categories: Mapping[str, str]
    counts: dict[Level, Counter[tuple[str, str]]] = field(
        default_factory=lambda: {"product": Counter(), "category": Counter()}
    )

    all_orders: int = 0

    def add(self, order: Sequence[str]) -> None:
        """Count an order."""
        self.all_orders += 1
        names: dict[Level, set[str]] = {"product": set(order), "category": {self.categories[i] for i in order}}
        for level, chosen in names.items():
            self.counts[level].update((name, partner) for name in chosen for partner in chosen)

    def orders_of(self, product_id: str) -> int:
        """Return how often a product was ordered."""
        return self.counts["product"][product_id, product_id]

    def read(self, level: Level, names: Sequence[str]) -> list[CoPurchase]:
        """Return what was ordered together from `LEAST_TOGETHER` orders."""
        counts = self.counts[level]
        return [
            CoPurchase(name, partner, together, counts[name, name], counts[partner, partner], self.all_orders)
            for (name, partner), together in counts.items()
            if name in names and partner not in names and together >= LEAST_TOGETHER
        ]
