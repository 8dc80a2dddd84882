from collections import Counter
from typing import Any

import pytest

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.experiment import Experiment
from indexer.experiments.assignment import side_of

VISITS = [f"20261128-{n:012}" for n in range(20_000)]


def _experiment(**fields: Any) -> Experiment:
    treatment = Configuration(name="mine", weights={"color": 1.0})
    return Experiment.model_validate({"name": "colors", "control": DEFAULT, "treatment": treatment, **fields})


def test_a_visit_keeps_its_side_and_halves_are_halves() -> None:
    experiment = _experiment()
    sides = [side_of(experiment, 3, visit) for visit in VISITS]
    assert sides == [side_of(experiment, 3, visit) for visit in VISITS]
    assert Counter(sides)["treatment"] == pytest.approx(10_000, abs=300)
    assert None not in sides


def test_a_share_takes_part_in_halves_too() -> None:
    experiment = _experiment(share=0.2)
    sides = Counter(side_of(experiment, 3, visit) for visit in VISITS)
    assert sides[None] == pytest.approx(16_000, abs=300)
    assert sides["control"] == pytest.approx(2_000, abs=200)


def test_experiments_split_visits_independently() -> None:
    experiment = _experiment()
    both = Counter((side_of(experiment, 3, visit), side_of(experiment, 4, visit)) for visit in VISITS)
    assert all(count == pytest.approx(5_000, abs=300) for count in both.values())


def test_all_visits_of_an_interleaving_get_the_same() -> None:
    experiment = _experiment(kind="interleaving")
    assert {side_of(experiment, 3, visit) for visit in VISITS[:500]} == {"interleaved"}
