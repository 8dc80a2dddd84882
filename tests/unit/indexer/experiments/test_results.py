from typing import Any

import pytest

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.experiment import Experiment, Side
from indexer.experiments.results import ALL, Tally, judge

TREATMENT = Configuration(name="mine", weights={"color": 1.0})
VISITS = 5_000


def _experiment(**fields: Any) -> Experiment:
    return Experiment.model_validate({"name": "colors", "control": DEFAULT, "treatment": TREATMENT, **fields})


def _sides(control: dict[str, int], treatment: dict[str, int], visits: int = VISITS) -> dict[str, dict[Side, Tally]]:
    return {ALL: {"control": Tally(visits, control), "treatment": Tally(visits, treatment)}}


@pytest.mark.parametrize(
    ("control", "treatment", "days", "verdict", "reason"),
    [
        ({"clicks": 1_000}, {"clicks": 1_300}, 8, "better", "more visits with a click"),
        ({"clicks": 1_000}, {"clicks": 1_300}, 3, "early", "better so far; it is decided after 7 days"),
        ({"clicks": 1_000}, {"clicks": 1_010}, 8, "undecided", "may be more or fewer"),
        ({"clicks": 1_300}, {"clicks": 1_000}, 0.5, "worse", "fewer visits with a click"),
        # What is better by clicks alone may lose orders, or find nothing.
        ({"clicks": 900, "orders": 300}, {"clicks": 1_300, "orders": 150}, 8, "worse", "fewer visits with an order"),
        ({"zero": 50}, {"zero": 250}, 8, "worse", "more visits with a search that found nothing"),
        ({"zero": 250}, {"zero": 50}, 8, "undecided", "with a click"),
    ],
)
def test_verdicts(control: dict[str, int], treatment: dict[str, int], days: float, verdict: str, reason: str) -> None:
    result = judge(_experiment(), _sides(control, treatment), days)
    assert result.verdict == verdict
    assert reason in result.reason


def test_few_visits_decide_nothing_however_different() -> None:
    result = judge(_experiment(), _sides({"clicks": 0}, {"clicks": 90}, 100), 30)
    assert result.verdict == "early"
    assert "100 of 500 visits" in result.reason


def test_halves_that_are_none_are_not_believed() -> None:
    sides: dict[str, dict[Side, Tally]] = {ALL: {"control": Tally(5_000), "treatment": Tally(4_000, {"clicks": 4_000})}}
    assert judge(_experiment(), sides, 8).verdict == "mismatch"


def test_an_interleaving_is_decided_by_who_prefers_what() -> None:
    tally = Tally(2_000, preferred={"clicks": (400, 250), "orders": (20, 18)})
    result = judge(_experiment(kind="interleaving"), {ALL: {"interleaved": tally}}, 8)
    assert result.verdict == "better"
    clicks = result.measures[0]
    assert (clicks.control, clicks.treatment) == (0.125, 0.2)
    assert clicks.difference.estimate == pytest.approx(0.075)
    assert [m.metric for m in result.measures] == ["clicks", "likes", "carts", "orders"]


def test_segments_are_measured_like_the_whole() -> None:
    sides = _sides({"clicks": 1_000}, {"clicks": 1_010})
    sides |= {"category:Toys": _sides({"clicks": 100}, {"clicks": 300}, 2_000)[ALL]}
    result = judge(_experiment(), sides, 8)
    assert list(result.segments) == ["category:Toys"]
    assert result.segments["category:Toys"][0].is_better


def test_nothing_counted_yet_is_early() -> None:
    for kind in ("ab", "interleaving"):
        result = judge(_experiment(kind=kind), {}, 0)
        assert result.verdict == "early"
        assert {m.difference.estimate for m in result.measures} == {0.0}
