"""Metrics against cases computed by hand, and against trec_eval and scikit-learn."""

from math import log2

import ir_measures
import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from indexer.errors import GoldenSetError
from indexer.relevance.metrics import compare, condensed, evaluate, interval, per_anchor

JUDGED = {"a": {"x": 3, "y": 1, "z": 0, "n": 2}, "b": {"x": 2}, "nothing": {"x": 0, "y": 1}}
RUN = {"a": ["y", "unjudged", "x"], "nothing": ["x"]}
# Gains 2^grade - 1: y 1 at rank 1, x 7 at rank 3; at best 7, 3, 1.
DCG = 1 / log2(2) + 7 / log2(4)
IDEAL = 7 / log2(2) + 3 / log2(3) + 1 / log2(4)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("dcg", DCG),
        ("dcg@2", 1.0),
        ("ndcg", DCG / IDEAL),
        ("ndcg@2", 1 / (7 + 3 / log2(3))),
        ("map", (1 / 3) / 2),
        ("map@2", 0.0),
        ("precision@2", 0.0),
        ("precision@3", 1 / 3),
        ("precision@10", 1 / 10),
        ("recall", 1 / 2),
        ("recall@2", 0.0),
        ("mrr", 1 / 3),
        ("mrr@2", 0.0),
    ],
)
def test_metrics_computed_by_hand(metric: str, expected: float) -> None:
    scores = per_anchor(JUDGED, RUN, metric)
    assert scores["a"] == pytest.approx(expected)
    assert scores["b"] == 0  # judged, but the run doesn't have it
    # Grade 1 is worth something to NDCG and is no match to the others.
    assert ("nothing" in scores) == ("dcg" in metric)


def test_the_least_grade_that_matches_can_be_set() -> None:
    assert per_anchor(JUDGED, RUN, "mrr", match=1)["a"] == 1
    assert per_anchor(JUDGED, RUN, "map", match=1)["a"] == pytest.approx((1 + 2 / 3) / 3)


def test_a_perfect_order_scores_one() -> None:
    best = {"a": ["x", "n", "y", "z"], "b": ["x"]}
    judged = {anchor: JUDGED[anchor] for anchor in best}
    for metric in ("ndcg", "ndcg@1", "ndcg@10", "map", "recall", "mrr"):
        assert per_anchor(judged, best, metric) == {"a": 1, "b": 1}


def test_unjudged_products_can_be_left_out() -> None:
    assert condensed(JUDGED, RUN) == {"a": ["y", "x"], "nothing": ["x"]}


@pytest.mark.parametrize("metric", ["ndcg@0", "precision", "f1", "ndcg@", "ndcg@ten", ""])
def test_an_unknown_metric_is_refused(metric: str) -> None:
    with pytest.raises(GoldenSetError, match="is not a metric; use one of ndcg, dcg, map"):
        per_anchor(JUDGED, RUN, metric)


def test_sets_and_runs_that_measure_nothing_are_refused() -> None:
    with pytest.raises(GoldenSetError, match="has a relevant product"):
        per_anchor({"a": {"x": 0}}, RUN, "ndcg")
    with pytest.raises(GoldenSetError, match="a product twice for the anchor 'a'"):
        per_anchor(JUDGED, {"a": ["x", "x"]}, "ndcg")


def _random() -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    random = np.random.default_rng(3)
    products = [f"p{i}" for i in range(60)]
    judged, run = {}, {}
    for anchor in range(40):
        judged[f"a{anchor}"] = {p: int(g) for p, g in zip(products[:40], random.integers(0, 4, 40), strict=True)}
        run[f"a{anchor}"] = list(random.permutation(products)[: random.integers(5, 60)])
    return judged, run


def test_metrics_agree_with_trec_eval() -> None:
    judged, run = _random()
    scored = {anchor: {p: -float(rank) for rank, p in enumerate(ps)} for anchor, ps in run.items()}
    for metric, theirs in {
        "ndcg@10": ir_measures.nDCG(gains={1: 1, 2: 3, 3: 7}) @ 10,
        "map": ir_measures.AP(rel=2),
        "precision@10": ir_measures.P(rel=2) @ 10,
        "recall@20": ir_measures.R(rel=2) @ 20,
        "mrr": ir_measures.RR(rel=2),
        "hit@2": ir_measures.Success(rel=2) @ 2,
    }.items():
        expected = {m.query_id: m.value for m in ir_measures.iter_calc([theirs], judged, scored)}
        assert per_anchor(judged, run, metric) == pytest.approx(expected), metric


def test_metrics_agree_with_scikit_learn() -> None:
    judged, run = _random()
    products = [f"p{i}" for i in range(60)]
    for anchor, score in per_anchor(judged, run, "ndcg@10").items():
        gains = [[2 ** judged[anchor].get(p, 0) - 1 for p in products]]
        # Behind those of the run the unjudged, which fill the first ten: among equals sorting decides by processor.
        order = [[-run[anchor].index(p) if p in run[anchor] else n - 200 for n, p in enumerate(products)]]
        assert score == pytest.approx(ndcg_score(gains, order, k=10, ignore_ties=True))


def test_an_interval_covers_the_true_mean() -> None:
    covered = 0
    for seed in range(40):
        values = np.random.default_rng(seed).beta(4, 2, 80)
        score = interval({str(i): v for i, v in enumerate(values)})
        assert score.low < score.mean < score.high
        covered += score.low < 4 / 6 < score.high
    assert covered >= 34  # of 40, at 95%; fewer happens once in 10,000 times


def test_an_interval_of_equal_scores_is_a_point() -> None:
    score = interval({"a": 0.5, "b": 0.5})
    assert (score.mean, score.low, score.high, score.anchors) == (0.5, 0.5, 0.5, 2)
    assert str(score) == "0.500 (0.500-0.500)"


def test_all_metrics_at_once() -> None:
    scores = evaluate(JUDGED, RUN, ["ndcg@10", "mrr"])
    assert scores["mrr"].mean == pytest.approx(1 / 6)
    assert (scores["ndcg@10"].anchors, scores["mrr"].anchors) == (3, 2)


def test_a_difference_of_five_anchors_by_all_sign_flips() -> None:
    first = dict.fromkeys("abcde", 0.0)
    second = {a: 0.1 * (i + 1) for i, a in enumerate("abcde")}
    # Of 2^5 sign flips only all plus and all minus are as far from 0.
    compared = compare(first, second)
    assert compared.p == pytest.approx(2 / 32)
    assert compared.difference == pytest.approx(0.3)
    assert compare(second, second).p == 1


def test_a_real_difference_is_distinguished_from_noise() -> None:
    random = np.random.default_rng(5)
    base = {str(i): v for i, v in enumerate(random.uniform(0.3, 0.9, 200))}
    better = {a: v + random.normal(0.03, 0.05) for a, v in base.items()}
    noisy = {a: v + random.normal(0, 0.05) for a, v in base.items()}
    assert compare(base, better).p < 0.001
    assert compare(base, noisy).p > 0.05
    assert compare(base, better).low > 0
    with pytest.raises(GoldenSetError, match="199 of 200 anchors"):
        compare(base, dict(list(better.items())[1:]))
