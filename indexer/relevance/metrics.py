"""How good an order of products is, judged by grades: plain judgements and plain runs in, numbers out.

A golden set is ``{anchor: {product: grade}}`` (`golden.merge`), a run ``{anchor: [products, best first]}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.errors import GoldenSetError
from indexer.relevance.golden import MATCH

Judged = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Sequence[str]]
PerAnchor = dict[str, float]

RESAMPLES = 10_000


@dataclass(frozen=True)
class Score:
    """A metric's mean over anchors.

    Attributes
    ----------
    low, high : float
        Ends of its confidence interval.
    anchors : int
        How many anchors it is the mean of.
    """

    mean: float
    low: float
    high: float
    anchors: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f}-{self.high:.3f})"


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same anchors.

    Attributes
    ----------
    difference : float
        Mean of the second's minus the first's; low and high are the ends of its confidence interval.
    p : float
        How often chance alone would give a difference as large.
    """

    difference: float
    low: float
    high: float
    p: float
    anchors: int


def per_anchor(judged: Judged, run: Run, metric: str, *, match: int = MATCH) -> PerAnchor:
    """Measure the order of each anchor.

    Products that nobody judged count as grade 0 (`condensed` leaves them out first); an anchor that the run lacks
    scores 0, one whose judgements hold nothing to find is left out.

    Parameters
    ----------
    metric : str
        ``ndcg``, ``dcg``, ``map``, ``precision``, ``recall`` or ``mrr``, with a depth after ``@`` where one is wanted:
        ``ndcg@10``. ``precision`` needs one.
    match : int
        Least grade that counts as relevant for all but NDCG and DCG, which weigh grades by ``2^grade - 1``.

    Raises
    ------
    GoldenSetError
        There is no such metric, no anchor that has anything to find, or a product twice in one order.

    References
    ----------
    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002; gains as in Burges et al.,
    "Learning to rank using gradient descent", ICML 2005; the others as trec_eval computes them.
    """
    measure, depth = _metric(metric)
    graded = measure in _GRADED
    scores = {}
    for anchor, grades in judged.items():
        products = run.get(anchor, ())
        if len(set(products)) < len(products):
            raise GoldenSetError(f"The run gives {anchor!r} a product twice")
        found = np.array([grades.get(product, 0) for product in products[:depth]], np.int64)
        every = np.sort(np.fromiter(grades.values(), np.int64))[::-1]
        if graded:
            found, every = 2**found - 1, 2**every - 1
        else:
            found, every = (found >= match).astype(np.int64), (every >= match).astype(np.int64)
        if every.any():
            scores[anchor] = float(measure(found, every, depth))
    if not scores:
        raise GoldenSetError("No anchor of the golden set has a product worth finding")
    return scores


def evaluate(judged: Judged, run: Run, metrics: Sequence[str], *, match: int = MATCH) -> dict[str, Score]:
    """Measure a run by several metrics, each with its confidence interval (95%, bootstrap over anchors)."""
    return {metric: interval(per_anchor(judged, run, metric, match=match)) for metric in metrics}


def condensed(judged: Judged, run: Run) -> dict[str, list[str]]:
    """Leave out of each order what nobody judged for that anchor.

    For sets that hold a few judgements of each anchor (Sakai, "Alternatives to bpref", SIGIR 2007).
    """
    return {anchor: [p for p in products if p in judged.get(anchor, {})] for anchor, products in run.items()}


def interval(scores: PerAnchor, *, confidence: float = 0.95, seed: int = 7) -> Score:
    """Return the mean and its percentile bootstrap interval over anchors (Efron and Tibshirani, 1993)."""
    values = np.fromiter(scores.values(), np.float64)
    low, high = _bootstrap(values, confidence, seed)
    return Score(float(values.mean()), low, high, len(values))


def compare(first: PerAnchor, second: PerAnchor, *, seed: int = 7) -> Comparison:
    """Compare two runs anchor by anchor, by a randomisation test of the paired differences.

    The sign of each anchor's difference is flipped at random; `Comparison.p` is how often that gives a mean difference
    as large as the one seen (Smucker, Allan and Carterette, "A comparison of statistical significance tests for
    information retrieval evaluation", CIKM 2007).

    Raises
    ------
    GoldenSetError
        The two were not measured on the same anchors.
    """
    from scipy.stats import permutation_test

    if first.keys() != second.keys():
        raise GoldenSetError(
            f"Only {len(first.keys() & second.keys())} of {len(first.keys() | second.keys())} anchors are in both runs"
        )
    differences = np.array([second[anchor] - first[anchor] for anchor in first])
    low, high = _bootstrap(differences, 0.95, seed)
    test = permutation_test(
        (differences,),
        lambda d, axis: d.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=1_000,
        rng=np.random.default_rng(seed),
    )
    return Comparison(float(differences.mean()), low, high, float(test.pvalue), len(differences))


def _bootstrap(values: NDArray[np.float64], confidence: float, seed: int) -> tuple[float, float]:
    from scipy.stats import bootstrap

    if len(values) < 2 or np.ptp(values) == 0:  # nothing to draw from
        return float(values.mean()), float(values.mean())
    drawn = bootstrap(
        (values,),
        np.mean,
        confidence_level=confidence,
        n_resamples=RESAMPLES,
        batch=1_000,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)


Gains = NDArray[np.int64]


def _dcg(found: Gains, every: Gains, depth: int | None) -> float:
    return float((found / np.log2(np.arange(2, len(found) + 2))).sum())


def _ndcg(found: Gains, every: Gains, depth: int | None) -> float:
    return _dcg(found, every, depth) / _dcg(every[:depth], every, depth)


def _average_precision(found: Gains, every: Gains, depth: int | None) -> float:
    return float((found * found.cumsum() / np.arange(1, len(found) + 1)).sum() / every.sum())


def _precision(found: Gains, every: Gains, depth: int | None) -> float:
    return float(found.sum()) / (depth or len(found))


def _recall(found: Gains, every: Gains, depth: int | None) -> float:
    return float(found.sum() / every.sum())


def _reciprocal_rank(found: Gains, every: Gains, depth: int | None) -> float:
    return 1 / (int(found.argmax()) + 1) if found.any() else 0.0


_Measure = Callable[[Gains, Gains, "int | None"], float]
_MEASURES: dict[str, _Measure] = {
    "ndcg": _ndcg,
    "dcg": _dcg,
    "map": _average_precision,
    "precision": _precision,
    "recall": _recall,
    "mrr": _reciprocal_rank,
}
_GRADED = {_ndcg, _dcg}


def _metric(name: str) -> tuple[_Measure, int | None]:
    kind, at, depth = name.partition("@")
    if kind not in _MEASURES or (at and not (depth.isdecimal() and int(depth) > 0)) or name == "precision":
        known = ", ".join(_MEASURES)
        raise GoldenSetError(
            f"{name!r} is no metric; there are {known}, with a depth such as ndcg@10 (precision needs it)"
        )
    return _MEASURES[kind], int(depth) if at else None
