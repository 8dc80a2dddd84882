"""The invariants' own sums; tests/live/test_check.py breaks the code that they hold."""

import numpy as np
import pytest

from es_mappings.anchors import Anchor, query_points
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from indexer.checks import invariants


def test_probes_turn_away_from_the_centre() -> None:
    vectors = invariants.vectors()
    points = query_points([Anchor("centre", vectors["probe-0"])], "blend", DEFAULT_WEIGHTS, LAYOUT)
    similar = [points.similarity(vectors[probe.id]) for probe in invariants.PROBES]
    expected = [(1 + np.cos(np.radians(angle))) / 2 for angle in (0, 25, 50, 80, 115, 180)]
    assert similar == pytest.approx(expected, abs=1e-5)


def test_the_probes_differ_in_nothing_but_their_id() -> None:
    assert len({probe.model_copy(update={"id": ""}).model_dump_json() for probe in invariants.PROBES}) == 1


def test_diversity_is_right_as_it_is() -> None:
    assert invariants.diversity() == []


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ([3, 2, 1, 0], "not by similarity"),
        ([0, 1, 2, 3], "shows a product's double next to it"),
        ([0, 0, 2, 3], "loses or repeats products"),
    ],
)
def test_a_wrong_diversity_is_reported(order: list[int], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "mmr", lambda *_: order)
    assert any(problem in finding.problem for finding in invariants.diversity())
