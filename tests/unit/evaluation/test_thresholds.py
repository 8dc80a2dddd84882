import pytest

from es_mappings.planner import Thresholds
from evaluation.thresholds import Depth, Speed, crossing, derive


def test_exact_serves_until_knn_becomes_quicker() -> None:
    speeds = [Speed(30_000, exact=40, knn=20), Speed(100, exact=5, knn=7), Speed(10_000, exact=10, knn=20)]
    assert crossing(speeds) == pytest.approx(10_000 + 20_000 * 11 / 30)
    assert derive(speeds, [], Thresholds()).exact_matches == 17_000


def test_exact_serves_all_if_it_is_always_quicker() -> None:
    assert crossing([Speed(100, exact=5, knn=7), Speed(200_000, exact=10, knn=20)]) == 200_000


def test_exact_that_catches_up_later_still_gives_way_before() -> None:
    speeds = [Speed(100, exact=5, knn=7), Speed(50_000, exact=42, knn=33), Speed(200_000, exact=66, knn=66)]
    assert 100 < crossing(speeds) < 50_000


def test_exact_serves_nothing_if_it_is_never_quicker() -> None:
    assert crossing([Speed(100, exact=9, knn=7), Speed(200_000, exact=30, knn=20)]) == 0


def test_as_few_candidates_as_the_recall_allows() -> None:
    now = Thresholds(selective=0.2)
    depths = [
        *(Depth(1.0, n, r) for n, r in ((240, 0.98), (500, 0.992), (1_000, 1.0))),
        *(Depth(0.5, n, r) for n, r in ((240, 0.991), (500, 0.995), (1_000, 0.999))),
        *(Depth(0.1, n, r) for n, r in ((240, 0.7), (500, 0.9), (1_000, 0.993))),
    ]
    measured = derive([], depths, now)
    assert (measured.num_candidates, measured.selective_factor) == (500, 2.0)
    assert (measured.exact_matches, measured.knn_depth) == (now.exact_matches, now.knn_depth)


def test_candidates_stay_if_no_number_is_enough() -> None:
    now = Thresholds()
    assert derive([], [Depth(1.0, 240, 0.5), Depth(0.1, 240, 0.5)], now) == now
