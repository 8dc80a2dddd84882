"""Agreement of a golden set's judges, which limits the differences that a metric can detect."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from indexer.relevance.golden import AnyJudgement, newest

GRADES = (0, 1, 2, 3)


@dataclass(frozen=True)
class PairOfJudges:
    """Two judges: how many pairs both graded, Cohen's kappa (None if undefined) and the share of equal grades."""

    first: str
    second: str
    pairs: int
    kappa: float | None
    equal: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of all judges.

    Attributes
    ----------
    alpha : float or None
        Krippendorff's alpha for ordered grades: 1 is perfect, 0 is chance. None if no pair was graded by two judges,
        or all grades are equal.
    shared : int
        Pairs of products that two or more judges graded.
    """

    judges: tuple[str, ...]
    shared: int
    alpha: float | None
    pairs: tuple[PairOfJudges, ...]


@dataclass(frozen=True)
class Difference:
    """What judges grade so differently that they should talk about it.

    Attributes
    ----------
    topic, candidate : str
        What was judged: an anchor or query, and a product.
    judgements : tuple
        The newest of each judge, the highest grade first.
    """

    topic: str
    candidate: str
    judgements: tuple[AnyJudgement, ...]

    @property
    def spread(self) -> int:
        """Difference of the highest and the lowest grade."""
        return self.judgements[0].grade - self.judgements[-1].grade


def differences(judgements: Iterable[AnyJudgement], least: int = 2) -> list[Difference]:
    """Return what judges grade differently by `least` grades and more, the greatest difference first.

    Parameters
    ----------
    judgements : iterable
        The oldest first: of a judge's grades of one pair the last one counts.
    """
    latest: dict[tuple[str, str], dict[str, AnyJudgement]] = {}
    for judgement in judgements:
        latest.setdefault((judgement.topic, judgement.candidate), {})[judgement.judge] = judgement
    found = [
        Difference(topic, candidate, tuple(sorted(by_judge.values(), key=lambda j: -j.grade)))
        for (topic, candidate), by_judge in latest.items()
    ]
    return sorted((d for d in found if d.spread >= least), key=lambda d: -d.spread)


def agreement(judgements: Iterable[AnyJudgement]) -> Agreement:
    """Measure agreement on the pairs that several judges graded.

    References
    ----------
    Cohen, "Weighted kappa", 1968 (weights: squared distance of the grades); Krippendorff, "Content Analysis", ordinal
    alpha.
    """
    grades = newest(judgements)
    judges = tuple(sorted(grades))
    counts: dict[tuple[str, str], int] = {}
    for by_pair in grades.values():
        for pair in by_pair:
            counts[pair] = counts.get(pair, 0) + 1
    shared = sorted(pair for pair, count in counts.items() if count > 1)
    table = np.array([[grades[judge].get(pair, np.nan) for pair in shared] for judge in judges], np.float64)
    compared = (_compare(a, b, grades[a], grades[b]) for a, b in itertools.combinations(judges, 2))
    return Agreement(judges, len(shared), _alpha(table), tuple(c for c in compared if c.pairs))


def _alpha(table: np.ndarray) -> float | None:
    from krippendorff import alpha

    grades = table[~np.isnan(table)]
    if not grades.size or np.ptp(grades) == 0:
        return None
    return float(alpha(reliability_data=table, value_domain=GRADES, level_of_measurement="ordinal"))


def _compare(
    first: str, second: str, grades: dict[tuple[str, str], int], other_grades: dict[tuple[str, str], int]
) -> PairOfJudges:
    from sklearn.metrics import cohen_kappa_score

    both = sorted(grades.keys() & other_grades.keys())
    a, b = [grades[pair] for pair in both], [other_grades[pair] for pair in both]
    equal = sum(x == y for x, y in zip(a, b, strict=True)) / len(both) if both else 0.0
    defined = len(set(a) | set(b)) > 1
    kappa = float(cohen_kappa_score(a, b, labels=GRADES, weights="quadratic")) if defined else None
    return PairOfJudges(first, second, len(both), kappa, equal)
