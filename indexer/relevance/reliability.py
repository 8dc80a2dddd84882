"""How far match percentages hold: what is said of one half of the anchors by a calibration on the other half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.calibration import Calibration
from es_mappings.layout import Layout
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from indexer.relevance.bootstrap import bootstrap, ratio
from indexer.relevance.calibration import JudgedProducts, fit
from indexer.relevance.golden import MATCH, Grades
from indexer.relevance.metrics import Score
from indexer.relevance.splits import fraction

EDGES = (0, 20, 40, 60, 80, 101)  # of the ranges, percent


@dataclass(frozen=True)
class Said:
    """A judged pair, and the match percentage that a shopper would have been shown."""

    anchor: str
    category: str
    percent: int
    is_match: bool


@dataclass(frozen=True)
class Reliability:
    """What judges call the pairs of a category that are said to match by about as many percent.

    Attributes
    ----------
    low, high : int
        The range of percent.
    pairs : int
    said : float
        Mean percent.
    matched : Score
        Share of pairs that judges call a match, 0 to 1, with its 95% interval over anchors. Matches and others of the
        category count equally, as in the calibration.
    """

    category: str
    low: int
    high: int
    pairs: int
    said: float
    matched: Score


def reliability(products: JudgedProducts, weights: CategoryWeights, layout: Layout = LAYOUT) -> list[Reliability]:
    """Measure match percentages, by category and range, on anchors whose judgements weren't fitted on.

    Parameters
    ----------
    weights : CategoryWeights
        The aspect weights that shoppers' similarities have.

    Raises
    ------
    GoldenSetError
        A half has too few judgements for a calibration.
    """
    grades = products.grades
    first = {anchor: grades[anchor] for anchor in grades if fraction(anchor) < 0.5}
    second = {anchor: grades[anchor] for anchor in grades if anchor not in first}
    said: dict[str, list[Said]] = {}
    for judged, others in ((first, second), (second, first)):
        calibration = fit(others, products.vectors, products.categories, layout).calibration
        for pair in _said(judged, products, calibration, weights, layout):
            said.setdefault(pair.category, []).append(pair)
    return [of_range for category in sorted(said) for of_range in _by_range(category, said[category])]


def _said(
    judged: Grades,
    products: JudgedProducts,
    calibration: Calibration,
    weights: CategoryWeights,
    layout: Layout,
) -> Iterator[Said]:
    vectors = products.vectors
    for anchor in judged.keys() & vectors.keys():
        category, vector = products.categories[anchor], vectors[anchor]
        found = weights.of(category)
        shares = layout.shares(vector, found[1] if found else DEFAULT_WEIGHTS)
        if not (curve := calibration.curve([category], shares)):
            continue
        weighed = layout.weigh(vector, shares)
        for candidate, grade in judged[anchor].items():
            if candidate in vectors:
                percent = curve.percent((1 + float(weighed @ vectors[candidate])) / 2)
                yield Said(anchor, category, percent, grade >= MATCH)


def _by_range(category: str, said: Sequence[Said]) -> Iterator[Reliability]:
    matches = sum(pair.is_match for pair in said)
    if not 0 < matches < len(said):
        return
    counts = {True: 1 / matches, False: 1 / (len(said) - matches)}
    for low, high in pairwise(EDGES):
        pairs = [pair for pair in said if low <= pair.percent < high]
        if not pairs:
            continue
        by_anchor: dict[str, list[Said]] = {}
        for pair in pairs:
            by_anchor.setdefault(pair.anchor, []).append(pair)
        matched = [sum(counts[True] for pair in of if pair.is_match) for of in by_anchor.values()]
        all_of = [sum(counts[pair.is_match] for pair in of) for of in by_anchor.values()]
        score = Score(sum(matched) / sum(all_of), *bootstrap(ratio, matched, all_of), len(by_anchor))
        percent = np.average([p.percent for p in pairs], weights=[counts[p.is_match] for p in pairs])
        yield Reliability(category, low, min(high, 100), len(pairs), float(percent), score)
