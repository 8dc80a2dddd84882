import numpy as np
import pytest

from evaluation.clicks import TRUE_WEIGHTS
from evaluation.experiments import Pools, alarms, looks, pools, verdict, visits_needed, z_test
from evaluation.population import Population, Shoppers


@pytest.fixture(scope="module")
def drawn() -> Pools:
    """Return visits to a treatment that goes a third of the way to what shoppers want."""
    shoppers = Shoppers(TRUE_WEIGHTS, clicks=(0.002, 0.12), deeper={"likes": 0.3, "carts": 0.2, "orders": 0.08})
    return pools(Population(shoppers, products=1_000, seed=2), 0.35, 1_500, np.random.default_rng(2))


def test_a_better_order_is_clicked_more_and_preferred(drawn: Pools) -> None:
    assert drawn.treatment[:, 0].mean() > 1.1 * drawn.control[:, 0].mean()
    prefer_treatment, prefer_control = drawn.interleaved[:, 0].mean(), drawn.interleaved[:, 4].mean()
    assert prefer_treatment > 1.2 * prefer_control
    assert not (drawn.interleaved[:, 0] & drawn.interleaved[:, 4]).any()


def test_interleaving_needs_fewer_visits(drawn: Pools) -> None:
    draw = np.random.default_rng(4)
    needed = {kind: [visits_needed(drawn, kind, draw) for _ in range(5)] for kind in ("ab", "interleaving")}
    assert np.median([n or 10**9 for n in needed["interleaving"]]) < np.median([n or 10**9 for n in needed["ab"]])


def test_nothing_to_find_is_called_different_by_repeated_tests_alone(drawn: Pools) -> None:
    draw = np.random.default_rng(6)
    assert alarms(drawn, "ab", 60, 200, draw, verdict) <= 0.05
    assert alarms(drawn, "interleaving", 60, 200, draw, verdict) <= 0.05
    assert alarms(drawn, "ab", 60, 200, draw, z_test) > 0.1


def test_looks_add_up(drawn: Pools) -> None:
    days = looks(drawn, "ab", [0, 100, 300], np.random.default_rng(1))
    assert [sum(tally.visits for tally in day) for day in days] == [100, 300]
    assert days[0][0].counts["clicks"] <= days[1][0].counts["clicks"]
