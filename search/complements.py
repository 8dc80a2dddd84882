"""What goes with some products: what was ordered with them, or with products of their categories."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from elasticsearch import ApiError

from es_mappings import results
from es_mappings.anchors import QueryPoints
from es_mappings.co_purchases import CoPurchase, Level, joined
from es_mappings.duplicates import looks_like_one_of
from es_mappings.layout import Layout, Vector
from es_mappings.planner import Plan
from es_mappings.queries import Query
from es_mappings.recommendations import SIZE, left_out, read_wanted, recommend
from es_mappings.results import Hit
from indexer.elastic.client import vector
from search.anchors import Anchors, category_of
from search.recommended import Recommended

log = logging.getLogger(__name__)

_CATEGORIES = 3  # those that are ordered most with the anchors'
_READ = 4 * SIZE  # products read, of which near copies are left out


class CoPurchases(Protocol):
    """Counts of what was ordered together."""

    def read(self, level: Level, names: Sequence[str]) -> list[CoPurchase]:
        """Return what was ordered with products or categories often enough to say so, or nothing if it is unknown."""


class NoCoPurchases:
    """The counts of a shop that counts no orders."""

    def read(self, _level: Level, _names: Sequence[str]) -> list[CoPurchase]:
        """Return nothing."""
        return []


@dataclass(frozen=True)
class Complemented:
    """Products that others shall go with.

    Attributes
    ----------
    anchors : Anchors
    points : QueryPoints or None
        Their style and color; None if none has a vector.
    layout : Layout
    owned : sequence of str
        Ids that aren't recommended.
    """

    anchors: Anchors
    points: QueryPoints | None
    layout: Layout
    owned: Sequence[str]

    @property
    def categories(self) -> list[str]:
        """Paths of their narrowest categories: a midi dress does not go with another midi dress."""
        return sorted({category_of(product) for product in self.anchors.products.values()} - {""})

    @property
    def styles(self) -> list[str]:
        """Their styles."""
        return sorted({style for product in self.anchors.products.values() if (style := product.get("style"))})

    @property
    def left_out(self) -> list[Query]:
        """What never goes with them: themselves, their variants, others of their categories, what is owned."""
        return left_out([*self.anchors.products, *self.owned], self.categories, self.styles)


@dataclass(frozen=True)
class _Candidate:
    hit: Hit
    evidence: CoPurchase
    score: float


class Evidence:
    """What orders say about some products: requests for candidates, and the ranking of what they find.

    Parameters
    ----------
    bought : CoPurchases
        Counts of what was ordered together.
    """

    def __init__(self, bought: CoPurchases, complemented: Complemented) -> None:
        self._of, categories = complemented, complemented.categories
        self._pairs = _strongest(bought.read("product", list(complemented.anchors.products)))
        of_categories = bought.read("category", categories) if categories else []
        others = [pair for pair in of_categories if pair.partner not in categories]
        self._categories = dict(list(_strongest(others).items())[:_CATEGORIES])

    def __bool__(self) -> bool:
        return bool(self._pairs or self._categories)

    def requests(self, plan: Plan) -> list[dict[str, Any]]:
        """Build the searches for candidates: what was ordered with the products, then each category's in harmony."""
        requests = [read_wanted(list(self._pairs), self._of.left_out)] if self._pairs else []
        if self._of.points is None:
            return requests
        anchors, points = list(self._of.anchors.products), self._of.points
        return requests + [
            recommend(points, anchors, left_out=self._of.left_out, category=path, plan=plan, size=_READ)
            for path in self._categories
        ]

    def ranked(self, answers: Sequence[Mapping[str, Any] | ApiError]) -> list[Recommended]:
        """Return the best candidates: first what was ordered with the products, then with their categories."""
        levels: list[list[_Candidate]] = [[], []]
        rest = list(answers)
        if self._pairs:
            levels[0] = [self._candidate(hit, self._pairs[hit.product["id"]]) for hit in _hits(rest.pop(0))]
        for pair, answer in zip(self._categories.values(), rest, strict=False):
            levels[1] += [self._candidate(hit, pair) for hit in _hits(answer)]
        ordered = [c for level in levels for c in sorted(level, key=lambda c: (-c.score, c.hit.product["id"]))]
        return [self._recommended(candidate) for candidate in distinct(ordered, self._of)]

    def _candidate(self, hit: Hit, evidence: CoPurchase) -> _Candidate:
        similarity, points = 0.5, self._of.points
        if points is not None and hit.vector is not None:
            similarity = points.similarity(vector(hit.vector))
        return _Candidate(hit, evidence, joined(evidence.affinity, similarity))

    def _recommended(self, candidate: _Candidate) -> Recommended:
        products, name = self._of.anchors.products, candidate.evidence.name
        of_category = (i for i, product in products.items() if category_of(product) == name)
        return Recommended(candidate.hit, name if name in products else next(of_category), candidate.evidence)


def distinct(candidates: Iterable[Any], complemented: Complemented) -> list[Any]:
    """Return the first candidates that are no near copies: of what they go with, or of each other.

    Parameters
    ----------
    candidates : iterable
        Anything with a ``hit``, the best first.
    """
    seen = [anchor.vector for anchor in complemented.anchors.usable]
    chosen, styles = [], set[str]()
    for candidate in candidates:
        hit = candidate.hit
        row = vector(hit.vector) if hit.vector is not None else None
        style = str(hit.product.get("style") or hit.product["id"])
        if style in styles or (row is not None and looks_like_one_of(row, seen, complemented.layout)):
            continue
        chosen.append(candidate)
        styles.add(style)
        seen += [row] if row is not None else []
        if len(chosen) == SIZE:
            break
    return chosen


def most_similar_anchor(anchors: Anchors, points: QueryPoints, row: Vector) -> str:
    """Return the id of the anchor that a product resembles most."""
    usable = anchors.usable
    return usable[int(np.argmax(np.stack([points.weigh(anchor) for anchor in usable]) @ row))].id


def _strongest(pairs: Iterable[CoPurchase]) -> dict[str, CoPurchase]:
    """Return the strongest pair of each partner, the strongest partner first; none that is ordered by chance."""
    ranked = sorted(
        (pair for pair in pairs if pair.affinity > 0), key=lambda pair: (-pair.affinity, pair.partner, pair.name)
    )
    strongest: dict[str, CoPurchase] = {}
    for pair in ranked:
        strongest.setdefault(pair.partner, pair)
    return strongest


def _hits(answer: Mapping[str, Any] | ApiError) -> list[Hit]:
    if isinstance(answer, ApiError):
        log.error("what goes with products can't be read: %s", answer)
        return []
    return results.read(answer).hits
