"""Variants and the product they belong to, joined whichever of them comes first, within a window."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from indexer.catalog.feeds.rows import Row, Rows

WINDOW = 10_000  # parents, and variants without one, that are remembered; exports keep families together


@dataclass
class _Parent:
    number: int
    product: Row
    links: tuple[str, ...]
    has_variants: bool = False


class Families:
    """Joins variants with their parents; a parent is a product of its own only if no variant of it comes.

    Parameters
    ----------
    join : callable
        Makes a product from the parent's and the variant's.
    """

    def __init__(self, join: Callable[[Row, Row], Row], *, window: int = WINDOW) -> None:
        self._join = join
        self._window = window
        self._parents: OrderedDict[int, _Parent] = OrderedDict()
        self._by_link: dict[str, _Parent] = {}
        self._waiting: OrderedDict[str, list[tuple[int, Row]]] = OrderedDict()  # variants by link
        self._variants = 0  # that wait
        self.is_complete = True  # nothing was forgotten before the end, so a variant without a parent has none

    def parent(self, number: int, product: Row, links: Iterable[str]) -> Rows:
        """Take a parent, which its variants know by any of its links; return the products that are complete."""
        parent = _Parent(number, product, tuple(filter(None, links)))
        self._parents[number] = parent
        for link in parent.links:
            self._by_link[link] = parent
            for line, variant in self._taken(link):
                parent.has_variants = True
                yield line, self._join(product, variant)
        if len(self._parents) > self._window:
            self.is_complete = False
            yield from self._forget(self._parents.popitem(last=False)[1])

    def variant(self, number: int, product: Row, link: str) -> Rows:
        """Take a variant of the parent with a link; return the products that are complete."""
        if parent := self._by_link.get(link):
            parent.has_variants = True
            yield number, self._join(parent.product, product)
            return
        self._waiting.setdefault(link, []).append((number, product))
        self._variants += 1
        while self._variants > self._window:
            self.is_complete = False
            yield from self._taken(next(iter(self._waiting)))

    def rest(self) -> Rows:
        """Return the products whose family is not complete at the end of the file."""
        for link in list(self._waiting):
            yield from self._taken(link)
        for parent in self._parents.values():
            yield from self._forget(parent)

    def _taken(self, link: str) -> list[tuple[int, Row]]:
        variants = self._waiting.pop(link, [])
        self._variants -= len(variants)
        return variants

    def _forget(self, parent: _Parent) -> Rows:
        for link in parent.links:
            if self._by_link.get(link) is parent:
                del self._by_link[link]
        if not parent.has_variants:
            yield parent.number, parent.product
