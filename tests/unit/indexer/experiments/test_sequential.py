import math

import numpy as np
import pytest

from indexer.experiments.sequential import Sequence


def test_the_interval_narrows_and_is_wider_than_one_for_a_single_look() -> None:
    sequence = Sequence(alpha=0.05, tightest=10_000)
    halves = [sequence.interval(0.0, 1.0, n).high for n in (1_000, 10_000, 100_000)]
    assert halves[0] > halves[1] > halves[2]
    for n, half in zip((1_000, 10_000, 100_000), halves, strict=True):
        assert 1.3 < half / (1.96 / math.sqrt(n)) < 2.5


def test_it_is_tightest_where_it_was_asked_to_be() -> None:
    at = {tightest: Sequence(0.05, tightest).interval(0.0, 1.0, 5_000).high for tightest in (500, 5_000, 50_000)}
    assert min(at, key=lambda tightest: at[tightest]) == 5_000


def test_the_formula() -> None:
    # With rho = 0.1, variance 1, n = 100: rho^2 n = 1.
    log = -2 * math.log(0.05)
    sequence = Sequence(0.05, (log + math.log(log + 1)) / 0.01)
    assert sequence.interval(0.0, 1.0, 100).high == pytest.approx(
        math.sqrt(2 * 2 / 100 * math.log(math.sqrt(2) / 0.05))
    )


@pytest.mark.parametrize("share", [0.3, 0.02])
def test_equal_shares_that_are_looked_at_daily_are_called_different_rarely(share: float) -> None:
    draw, sequence, alarms = np.random.default_rng(1), Sequence(0.05, 8_000), 0
    for _ in range(400):
        counts = np.cumsum(draw.binomial(300, share, (2, 28)), axis=1)
        looks = [
            sequence.of_shares((int(a), 300 * day), (int(b), 300 * day))
            for day, (a, b) in enumerate(counts.T, 1)
            if day >= 2
        ]
        alarms += any(look.is_above or look.is_below for look in looks)
    assert alarms / 400 <= 0.05


def test_a_true_difference_is_found_in_its_direction() -> None:
    sequence = Sequence(0.05, 8_000)
    assert sequence.of_shares((300, 3_000), (420, 3_000)).is_above
    assert sequence.of_shares((420, 3_000), (300, 3_000)).is_below
    assert sequence.of_preference(control=200, treatment=330, visits=2_000).is_above
    assert sequence.of_preference(control=330, treatment=200, visits=2_000).is_below


def test_nothing_seen_says_nothing() -> None:
    sequence = Sequence(0.05, 8_000)
    for interval in (sequence.of_shares((0, 0), (5, 10)), sequence.of_preference(0, 0, 0), sequence.interval(0, 1, 0)):
        assert (interval.low, interval.high) == (-math.inf, math.inf)
    few = sequence.of_shares((0, 50), (0, 50))
    assert few.low < 0 < few.high
