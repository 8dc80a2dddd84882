"""Judgements from what shoppers did: a golden set that nobody had to judge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import ValidationError

from indexer.clicks.grading import ACTIONS, Counts, Graded, Grading
from indexer.errors import GoldenSetError
from indexer.relevance.golden import AnyJudgement, Judgement, QueryJudgement
from indexer.relevance.interactions import Interaction

JUDGE = "clicks"  # who judged, as golden sets name it

Topic = tuple[str, str]
"""Words, and the id of a like; one of them is empty."""


@dataclass(frozen=True)
class Evidence:
    """One judgement, and what it is based on.

    Attributes
    ----------
    ratio, low, high : float
        Actions over expected ones, and the ends of its 95% interval.
    """

    judgement: AnyJudgement
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Judged:
    """Judgements from clicks.

    Attributes
    ----------
    graded : Graded
        With the position bias, and what was left out.
    invalid : int
        Products whose judgement the format refuses, such as words that are too long.
    """

    evidence: list[Evidence]
    graded: Graded
    invalid: int = 0

    @property
    def judgements(self) -> list[AnyJudgement]:
        """The judgements, by topic, the best products first."""
        return [each.judgement for each in self.evidence]


def judge(interactions: Iterable[Interaction], grading: Grading | None = None, date: dt.date | None = None) -> Judged:
    """Judge products by what shoppers did.

    Words that were searched for are judged as keyword queries, likes as pairs of products.

    Raises
    ------
    GoldenSetError
        No product was shown, clicked and judged with evidence enough.
    """
    rows = [row for row in interactions if row.impressions > 0 and bool(row.query) != bool(row.like)]
    if not rows:
        raise GoldenSetError("no listing was counted that was sorted by words or by one like")
    topics: list[Topic] = sorted({(row.query, row.like) for row in rows})
    products = sorted({row.product_id for row in rows})
    graded = (grading or Grading()).grade(_counts(rows, topics, products))
    evidence = []
    invalid = 0
    order = np.lexsort((-graded.ratios, graded.topics))
    for n in order:
        topic, product = topics[graded.topics[n]], products[graded.products[n]]
        try:
            judgement = _judgement(topic, product, int(graded.grades[n]), date)
        except ValidationError:
            invalid += 1
            continue
        evidence.append(Evidence(judgement, float(graded.ratios[n]), float(graded.low[n]), float(graded.high[n])))
    if not evidence:
        few = graded.too_little + invalid
        raise GoldenSetError(f"none of {few:,} products has evidence enough; wait for more visits, or lower --least")
    return Judged(evidence, graded, invalid)


def _counts(rows: Sequence[Interaction], topics: Sequence[Topic], products: Sequence[str]) -> Counts:
    topic_numbers = {topic: n for n, topic in enumerate(topics)}
    product_numbers = {product: n for n, product in enumerate(products)}
    return Counts(
        topics=np.array([topic_numbers[row.query, row.like] for row in rows], np.int64),
        products=np.array([product_numbers[row.product_id] for row in rows], np.int64),
        positions=np.array([row.position for row in rows], np.int64),
        impressions=np.array([row.impressions for row in rows], np.float64),
        actions={kind: np.array([getattr(row, kind) for row in rows], np.float64) for kind in ACTIONS},
    )


def _judgement(topic: Topic, product: str, grade: int, date: dt.date | None) -> AnyJudgement:
    query, like = topic
    if query:
        return QueryJudgement(query=query, candidate=product, grade=grade, judge=JUDGE, date=date)
    return Judgement(anchor=like, candidate=product, grade=grade, judge=JUDGE, date=date)
