"""Fit the match percentage on a golden set's judgements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_mappings.calibration import Calibration, JudgedCosines
from es_mappings.layout import Layout, Vector
from es_mappings.product import LAYOUT
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError
from indexer.relevance.golden import MATCH, Grades, Judgement, merge, products_in
from indexer.relevance.vectors import read_vectors

LEAST = 50  # matches, and others, that a calibration needs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A calibration and the number of judgements that it was fitted on."""

    calibration: Calibration
    matches: int
    others: int


@dataclass(frozen=True)
class JudgedProducts:
    """Merged judgements, and the vector and the top category (or an empty text) of each product that has a vector."""

    grades: Grades
    vectors: Mapping[str, Vector]
    categories: Mapping[str, str]

    @classmethod
    def read(cls, index: ProductIndex, judgements: Sequence[Judgement]) -> JudgedProducts:
        """Read the products of judgements."""
        grades = merge(judgements)
        products = read_vectors(index, sorted(products_in(grades)))
        vectors = {product: row for product, (row, _) in products.items()}
        return cls(grades, vectors, {product: category for product, (_, category) in products.items()})


@dataclass(frozen=True)
class Pairs:
    """Judged pairs.

    Attributes
    ----------
    cosines : ndarray, shape (pairs, aspects)
    is_match : ndarray of bool, shape (pairs,)
    """

    cosines: Floats
    is_match: NDArray[np.bool_]

    @property
    def counts(self) -> tuple[int, int]:
        """Numbers of matches and of others."""
        matches = int(self.is_match.sum())
        return matches, len(self.is_match) - matches


def calibrate(index: ProductIndex, judgements: Sequence[Judgement]) -> Fitted:
    """Fit the match percentage and write it to the index's ``_meta``.

    Judges are merged. Judgements of products that are missing or have no vector are left out.

    Raises
    ------
    GoldenSetError
        Fewer than `LEAST` matches or others are left, or products that match are no more similar than others.
    """
    return calibrate_on(index, JudgedProducts.read(index, judgements))


def calibrate_on(index: ProductIndex, products: JudgedProducts) -> Fitted:
    """Do as `calibrate` does, on judged products that were read already."""
    fitted = fit(products.grades, products.vectors, products.categories)
    index.stamp(match=fitted.calibration.to_meta())
    return fitted


def fit(
    grades: Grades, vectors: Mapping[str, Vector], categories: Mapping[str, str], layout: Layout = LAYOUT
) -> Fitted:
    """Fit a calibration to judged pairs: of all, and of each top category with `LEAST` matches and others.

    Matches and others have equal weight: their numbers depend on what was judged, not on the catalogue. So 50% is
    where a pair drawn evenly from both is as likely to match as not.

    Parameters
    ----------
    categories : mapping of str to str
        Product to its top category; empty without one.
    """
    by_category: dict[str, Grades] = defaultdict(dict)
    for anchor, candidates in grades.items():
        by_category[categories.get(anchor, "")][anchor] = candidates
    everywhere = pairs_of(grades, vectors, layout)
    matches, others = everywhere.counts
    if min(matches, others) < LEAST:
        raise GoldenSetError(
            f"The golden set has {matches} matches and {others} others; a calibration needs {LEAST} of either"
        )
    judged = _judged(everywhere, layout)
    if not any(judged.curve({aspect: 1.0}) for aspect in layout.names):
        raise GoldenSetError("In this golden set, products that match are no more similar: nothing to calibrate")
    pairs = {path: pairs_of(some, vectors, layout) for path, some in sorted(by_category.items()) if path}
    enough = {path: _judged(some, layout) for path, some in pairs.items() if min(some.counts) >= LEAST}
    return Fitted(Calibration(judged, enough), matches, others)


def pairs_of(grades: Grades, vectors: Mapping[str, Vector], layout: Layout = LAYOUT) -> Pairs:
    """Compare judged pairs aspect by aspect; those without a vector are left out."""
    usable = [(a, c, grade) for a, candidates in grades.items() for c, grade in candidates.items()]
    usable = [(a, c, grade) for a, c, grade in usable if a in vectors and c in vectors]
    cosines = [[float(vectors[a][s.part] @ vectors[c][s.part]) for s in layout.aspects] for a, c, _ in usable]
    is_match = np.array([grade >= MATCH for *_, grade in usable], bool)
    return Pairs(np.reshape(cosines, (-1, len(layout.aspects))), is_match)


def _judged(pairs: Pairs, layout: Layout) -> JudgedCosines:
    matches, others = pairs.cosines[pairs.is_match], pairs.cosines[~pairs.is_match]
    covariance = (np.cov(matches.T) + np.cov(others.T)) / 2
    return JudgedCosines(layout.names, matches.mean(axis=0), others.mean(axis=0), np.atleast_2d(covariance))
