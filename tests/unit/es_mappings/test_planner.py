from typing import Any

import numpy as np
import pytest

from es_mappings.anchors import Anchor, query_points
from es_mappings.explain import shared_attributes, why
from es_mappings.layout import Layout
from es_mappings.planner import Thresholds, plan
from es_mappings.strategies import knn_similarity

GREEDY = Thresholds(num_candidates=9_000, exact_matches=1, selective_factor=4)
LIMITS = Thresholds(1_000, exact_matches_several=3_000, knn_depth=100, num_candidates=200, selective_factor=4)


@pytest.mark.parametrize(
    ("given", "strategy", "reason"),
    [
        ({"matched": None}, "knn", "the nearest 100 are found by kNN, of uncounted matches"),
        ({"matched": 1_000}, "exact", "at most 1,000 matches, few enough"),
        ({"matched": 1_001}, "knn", "more than 1,000 matches"),
        ({"matched": 9_000, "mode": "every", "points": 2}, "exact", "near to all"),
        ({"matched": 9_000, "mode": "every", "points": 1}, "knn", "found by kNN"),
        ({"matched": 9_000, "mode": "any", "points": 2}, "knn", "found by kNN"),
        ({"matched": 3_000, "mode": "any", "points": 3}, "exact", "at most 3,000 matches, few enough"),
        ({"matched": 3_001, "mode": "any", "points": 3}, "knn", "more than 3,000 matches"),
        ({"matched": 9_000, "metric": "manhattan"}, "exact", "kNN knows no manhattan distance"),
        ({"matched": 9_000, "relevance": True}, "exact", "how relevant the matches are"),
        ({"matched": 5, "rescore": True}, "rescore", "relevance first was asked for"),
    ],
)
def test_the_plan_and_why(given: dict[str, Any], strategy: str, reason: str) -> None:
    chosen = plan(indexed=10_000, thresholds=LIMITS, **given)
    assert chosen.strategy == strategy
    assert reason in chosen.reason


def test_a_selective_filter_needs_more_candidates() -> None:
    assert plan(matched=1_500, indexed=10_000, thresholds=LIMITS).num_candidates == 800
    assert plan(matched=5_000, indexed=10_000, thresholds=LIMITS).num_candidates == 200
    assert plan(matched=5_000, indexed=10**9, thresholds=GREEDY).num_candidates == 10_000


@pytest.mark.parametrize(("score", "similarity"), [(2.0, 1.0), (1.0, 0.5), (0.5, 0.0), (1 / 1.5, 0.25), (0.0, 0.0)])
def test_a_graph_score_is_brought_to_the_exact_similarity(score: float, similarity: float) -> None:
    assert knn_similarity(score) == pytest.approx(similarity)


def test_why_adds_up() -> None:
    layout, weights = Layout.of({"look": 2, "color": 2}), {"look": 3.0, "color": 1.0}
    a = Anchor("a", np.array([1, 0, 1, 0], np.float32))
    b = Anchor("b", np.array([0, 1, 1, 0], np.float32))
    product = np.array([0.6, 0.8, 1, 0], np.float32)
    found = why(product, query_points([a, b], "any", weights, layout), [a, b])
    assert found["aspects"] == {"look": pytest.approx(0.75 * 0.8), "color": pytest.approx(0.25)}
    assert found["anchors"] == {"a": pytest.approx((1 + 0.75 * 0.6 + 0.25) / 2), "b": pytest.approx((1 + 0.85) / 2)}
    assert (1 + sum(found["aspects"].values())) / 2 == pytest.approx(max(found["anchors"].values()))


def test_shared_attributes() -> None:
    product = {"attributes": {"color": "red", "sizes": ["S", "M"], "belted": True}}
    liked: list[dict[str, Any]] = [{"attributes": {"color": "blue", "sizes": ["M"]}}, {"attributes": {"belted": True}}]
    assert shared_attributes(product, liked) == ["sizes:M", "belted:true"]
