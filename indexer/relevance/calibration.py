"""Fit the match percent on a golden set's judgements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from es_mappings.calibration import Calibration
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError
from indexer.relevance.golden import MATCH, Judgement, merge

LEAST = 50  # matches, and others, that a curve needs


@dataclass(frozen=True)
class Fitted:
    """A curve and the number of judgements that it was fitted on."""

    calibration: Calibration
    matches: int
    others: int


def calibrate(index: ProductIndex, judgements: Sequence[Judgement]) -> Fitted:
    """Fit the curve and write it to the index's ``_meta``.

    Judges are merged. Judgements of products that are missing or have no vector are left out.

    Raises
    ------
    GoldenSetError
        Fewer than `LEAST` matches or others are left, or similar products don't match more often.
    """
    pairs = [(anchor, c, grade) for anchor, grades in merge(judgements).items() for c, grade in grades.items()]
    ids = sorted({product for anchor, candidate, _ in pairs for product in (anchor, candidate)})
    vectors = index.vectors(ids)
    usable = [(vectors[a], vectors[c], grade) for a, c, grade in pairs if a in vectors and c in vectors]
    similarities = [_similarity(anchor, candidate) for anchor, candidate, _ in usable]
    fitted = fit(similarities, [grade >= MATCH for _, _, grade in usable])
    index.stamp(match=fitted.calibration.to_meta())
    return fitted


def fit(similarities: Sequence[float], is_match: Sequence[bool]) -> Fitted:
    """Fit a logistic curve to judged similarities, in which matches and others have equal weight.

    The numbers of matches and others in a golden set depend on what was judged, not on the catalogue. With equal
    weights, 50% is where a pair drawn evenly from both is as likely to match as not.
    """
    matches = sum(is_match)
    others = len(is_match) - matches
    if min(matches, others) < LEAST:
        raise GoldenSetError(
            f"The golden set has {matches} matches and {others} others; a curve needs {LEAST} of either"
        )
    model = LogisticRegression(C=1e6, class_weight="balanced").fit(np.reshape(similarities, (-1, 1)), is_match)
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 0:
        raise GoldenSetError("In this golden set, similar products don't match more often: nothing to calibrate")
    return Fitted(Calibration(slope, intercept), matches, others)


def _similarity(anchor: np.ndarray, candidate: np.ndarray) -> float:
    return (1 + float(LAYOUT.weigh(anchor, DEFAULT_WEIGHTS) @ candidate)) / 2
