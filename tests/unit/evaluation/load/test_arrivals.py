import numpy as np
import pytest

from evaluation.load.arrivals import poisson


def test_arrivals_are_ordered_within_the_phase_and_as_many_as_the_rate_says() -> None:
    due = poisson(200, 50, np.random.default_rng(1))
    assert len(due) == pytest.approx(10_000, abs=300)  # three standard deviations
    assert (np.diff(due) >= 0).all()
    assert due[0] >= 0
    assert due[-1] < 50


def test_arrivals_come_in_bursts_as_independent_ones_do() -> None:
    per_second = np.bincount(poisson(20, 2_000, np.random.default_rng(2)).astype(int))
    assert per_second.var() / per_second.mean() == pytest.approx(1, abs=0.15)  # 0 for a metronome


def test_nothing_arrives_at_a_rate_of_zero() -> None:
    assert not len(poisson(0, 10, np.random.default_rng(3)))
