import pytest

from evaluation.load.figures import Queued, Times, figures
from evaluation.load.traffic import Answer

SECONDS = 10.0
ANSWERS = [
    *(Answer("like", n / 100, 0.001, n / 1_000, 200) for n in range(1, 101)),  # 1 to 100 ms
    Answer("like", 9.9, 0.0, 0.5, 200),  # after the end
    Answer("like", 5.0, 0.0, 0.01, 503, retry_after=True),
    Answer("home", 5.0, 0.0, 0.02, 503),
    Answer("like", 5.0, 0.0, 30.0, 0),
    Answer("like", 5.0, 0.0, 0.1, 500),
    Answer("staff", 5.0, 0.0, 0.1, 200),
]


def test_figures_are_those_of_the_kinds_that_are_asked_for() -> None:
    found = figures(ANSWERS, {"like", "home"}, SECONDS)
    assert found.asked == 105
    assert found.offered == pytest.approx(10.5)
    assert found.served == pytest.approx(10.0)  # what was answered after the end is no rate of this phase
    assert found.answered == 101
    assert found.refused == pytest.approx(2 / 105)
    assert found.errors == {0: 1, 500: 1}
    assert found.without_retry_after == 1
    assert found.times.p50 == pytest.approx(51, abs=0.6)
    assert found.times.p90 == pytest.approx(91, abs=0.6)
    assert found.times_refused.p50 == pytest.approx(15)


def test_a_kind_that_was_not_asked_for_has_no_times() -> None:
    assert figures(ANSWERS, {"photo"}, SECONDS).times == Times(None, None, None)


def test_what_is_in_flight_grows_if_requests_pile_up() -> None:
    assert Queued([3, 5, 4, 5, 4, 3, 5, 4]).growth == pytest.approx(1, abs=0.2)
    assert Queued(list(range(0, 400, 10))).growth > 2
    assert Queued([]).growth == 1
