"""Measures of an order of products against grades (NDCG, MAP, ...), with confidence intervals and comparisons.

A golden set is ``{topic: {product: grade}}`` (`golden.merge`), a run ``{topic: [products, best first]}``; a topic is an
anchor or a keyword query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.errors import GoldenSetError
from indexer.relevance.bootstrap import RESAMPLES, bootstrap
from indexer.relevance.golden import MATCH

Judged = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Sequence[str]]
PerAnchor = dict[str, float]


@dataclass(frozen=True)
class Score:
    """A metric's mean over anchors.

    Attributes
    ----------
    low, high : float
        Ends of its confidence interval.
    anchors : int
        Number of anchors.
    """

    mean: float
    low: float
    high: float
    anchors: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f}-{self.high:.3f})"


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same anchors, compared.

    Attributes
    ----------
    difference : float
        Mean of the second run minus the first; ``low`` and ``high`` are the ends of its confidence interval.
    p : float
        Probability of a difference as large by chance alone.
    """

    difference: float
    low: float
    high: float
    p: float
    anchors: int


def per_anchor(judged: Judged, run: Run, metric: str, *, match: int = MATCH) -> PerAnchor:
    """Measure the order of each anchor.

    Unjudged products count as grade 0 (`condensed` leaves them out); an anchor that the run lacks scores 0, and an
    anchor without relevant products is left out.

    Parameters
    ----------
    metric : str
        One of `METRICS`, optionally with a depth: ``ndcg@10``.
    match : int
        Least grade that counts as relevant, except for metrics that are graded.

    Raises
    ------
    GoldenSetError
        The metric is unknown, no anchor has a relevant product, or a product is twice in one order.

    References
    ----------
    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002; gains as in Burges et al.,
    "Learning to rank using gradient descent", ICML 2005; the others as trec_eval computes them.
    """
    measured, depth = _find(metric)
    scores = {}
    for anchor, grades in judged.items():
        products = run.get(anchor, ())
        if len(set(products)) < len(products):
            raise GoldenSetError(f"The run has a product twice for the anchor {anchor!r}")
        gains = np.array([grades.get(product, 0) for product in products[:depth]], np.int64)
        ideal = np.sort(np.fromiter(grades.values(), np.int64))[::-1]
        if measured.graded:
            gains, ideal = 2**gains - 1, 2**ideal - 1
        else:
            gains, ideal = (gains >= match).astype(np.int64), (ideal >= match).astype(np.int64)
        if ideal.any():
            scores[anchor] = float(measured.measure(gains, ideal, depth))
    if not scores:
        raise GoldenSetError("No anchor of the golden set has a relevant product")
    return scores


def evaluate(judged: Judged, run: Run, metrics: Sequence[str], *, match: int = MATCH) -> dict[str, Score]:
    """Measure a run by several metrics, each with its confidence interval (95%, bootstrap over anchors)."""
    return {metric: interval(per_anchor(judged, run, metric, match=match)) for metric in metrics}


def condensed(judged: Judged, run: Run) -> dict[str, list[str]]:
    """Return the run without the products that weren't judged for their anchor.

    For golden sets with few judgements per anchor (Sakai, "Alternatives to bpref", SIGIR 2007).
    """
    return {anchor: [p for p in products if p in judged.get(anchor, {})] for anchor, products in run.items()}


def interval(scores: PerAnchor, *, confidence: float = 0.95, seed: int = 7) -> Score:
    """Return the mean and its percentile bootstrap interval over anchors (Efron and Tibshirani, 1993)."""
    values = np.fromiter(scores.values(), np.float64)
    low, high = bootstrap(np.mean, values, confidence=confidence, seed=seed)
    return Score(float(values.mean()), low, high, len(values))


def compare(first: PerAnchor, second: PerAnchor, *, seed: int = 7) -> Comparison:
    """Compare two runs anchor by anchor, by a randomisation test of the paired differences.

    The sign of each anchor's difference is flipped at random; `Comparison.p` is how often the mean difference is then
    at least as large as the observed one (Smucker, Allan and Carterette, "A comparison of statistical significance
    tests for information retrieval evaluation", CIKM 2007).

    Raises
    ------
    GoldenSetError
        The runs were not measured on the same anchors.
    """
    from scipy.stats import permutation_test

    if first.keys() != second.keys():
        raise GoldenSetError(
            f"Only {len(first.keys() & second.keys())} of {len(first.keys() | second.keys())} anchors are in both runs"
        )
    differences = np.array([second[anchor] - first[anchor] for anchor in first])
    low, high = bootstrap(np.mean, differences, seed=seed)
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


Gains = NDArray[np.int64]


def _dcg(gains: Gains, ideal: Gains, depth: int | None) -> float:
    return float((gains / np.log2(np.arange(2, len(gains) + 2))).sum())


def _ndcg(gains: Gains, ideal: Gains, depth: int | None) -> float:
    return _dcg(gains, ideal, depth) / _dcg(ideal[:depth], ideal, depth)


def _average_precision(gains: Gains, ideal: Gains, depth: int | None) -> float:
    return float((gains * gains.cumsum() / np.arange(1, len(gains) + 1)).sum() / ideal.sum())


def _precision(gains: Gains, ideal: Gains, depth: int | None) -> float:
    return float(gains.sum()) / (depth or len(gains))


def _recall(gains: Gains, ideal: Gains, depth: int | None) -> float:
    return float(gains.sum() / ideal.sum())


def _reciprocal_rank(gains: Gains, ideal: Gains, depth: int | None) -> float:
    return 1 / (int(gains.argmax()) + 1) if gains.any() else 0.0


def _hit(gains: Gains, ideal: Gains, depth: int | None) -> float:
    return float(gains.any())


@dataclass(frozen=True)
class Metric:
    """A measure of one anchor's order.

    Attributes
    ----------
    name : str
        As command lines take it.
    measure : callable
        ``measure(gains, ideal, depth)``: gains in the order that is measured, cut at the depth, and in the ideal order.
    graded : bool
        Whether gains are ``2^grade - 1``; otherwise 1 for a relevant product and 0 for others.
    needs_depth : bool
        Whether it means nothing without a depth.
    """

    name: str
    measure: Callable[[Gains, Gains, int | None], float]
    graded: bool = False
    needs_depth: bool = False


# A new metric is its function above, and a line here.
METRICS = {
    metric.name: metric
    for metric in (
        Metric("ndcg", _ndcg, graded=True),
        Metric("dcg", _dcg, graded=True),
        Metric("map", _average_precision),
        Metric("precision", _precision, needs_depth=True),
        Metric("recall", _recall),
        Metric("mrr", _reciprocal_rank),
        Metric("hit", _hit, needs_depth=True),
    )
}


def described() -> str:
    """Return the names of all metrics and how a depth is written, for help and messages."""
    alone = ", ".join(name for name, metric in METRICS.items() if metric.needs_depth)
    return f"{', '.join(METRICS)}, with a depth such as ndcg@10 ({alone} needs it)"


def _find(text: str) -> tuple[Metric, int | None]:
    name, at, depth = text.partition("@")
    metric = METRICS.get(name)
    if metric is None or (at and not (depth.isdecimal() and int(depth) > 0)) or (metric.needs_depth and not at):
        raise GoldenSetError(f"{text!r} is not a metric; use one of {described()}")
    return metric, int(depth) if at else None
