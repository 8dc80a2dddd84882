"""Fit the match percentage on a golden set's judgements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from elasticsearch import Elasticsearch
from pydantic import BaseModel, Field, ValidationError
from sklearn.linear_model import LogisticRegression

from es_mappings.calibration import Calibration
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from indexer import indices
from indexer.elastic import get_with_vectors, vector
from indexer.errors import CatalogError

MATCH = 2  # grades 2 and 3 (of 0 to 3) are matches
LEAST = 50  # judgements of either kind that a curve needs


class Judgement(BaseModel):
    """How alike a person, or a label, calls two products: 0 not at all, 3 all but the same."""

    anchor: str
    candidate: str
    grade: int = Field(ge=0, le=3)


@dataclass(frozen=True)
class Fitted:
    """A curve and what it was fitted on."""

    calibration: Calibration
    matches: int
    others: int


def read_golden_set(path: Path) -> list[Judgement]:
    """Read judgements, JSON Lines.

    Raises
    ------
    CatalogError
        A line can't be used; names it.
    """
    judgements = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            judgements.append(Judgement.model_validate(json.loads(line)))
        except (ValidationError, ValueError) as error:
            raise CatalogError(f"{path.name}, line {number} is no judgement: {str(error)[:200]}") from error
    return judgements


def calibrate(client: Elasticsearch, alias: str, judgements: Sequence[Judgement]) -> Fitted:
    """Fit the curve and note it in the index.

    Judgements of products that aren't there, or have no vector, are left out.

    Raises
    ------
    CatalogError
        Fewer than `LEAST` judgements of either kind are left, or similar products are not called matches more often.
    """
    ids = sorted({i for j in judgements for i in (j.anchor, j.candidate)})
    found: dict[str, np.ndarray] = {}
    for start in range(0, len(ids), 500):
        for product_id, source in get_with_vectors(client, alias, ids[start : start + 500]).items():
            if "vector" in source:
                found[product_id] = vector(source["vector"])
    pairs = [j for j in judgements if j.anchor in found and j.candidate in found]
    similarities = [_similarity(found[j.anchor], found[j.candidate]) for j in pairs]
    fitted = fit(similarities, [j.grade >= MATCH for j in pairs])
    indices.stamp_match(client, alias, fitted.calibration.to_meta())
    return fitted


def fit(similarities: Sequence[float], is_match: Sequence[bool]) -> Fitted:
    """Fit a logistic curve to judged similarities; both kinds weigh alike, however many there are of each.

    Golden sets hold as many matches as somebody judged, not as many as a category has: weighed alike, 50% is where a
    match is as likely as not among pairs drawn evenly.
    """
    matches = sum(is_match)
    others = len(is_match) - matches
    if min(matches, others) < LEAST:
        raise CatalogError(f"The golden set has {matches} matches and {others} others; a curve needs {LEAST} of either")
    model = LogisticRegression(C=1e6, class_weight="balanced").fit(np.reshape(similarities, (-1, 1)), is_match)
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 0:
        raise CatalogError("In this golden set, similar products are no matches more often: nothing to calibrate")
    return Fitted(Calibration(slope, intercept), matches, others)


def _similarity(anchor: np.ndarray, candidate: np.ndarray) -> float:
    return (1 + float(LAYOUT.weigh(anchor, DEFAULT_WEIGHTS) @ candidate)) / 2
