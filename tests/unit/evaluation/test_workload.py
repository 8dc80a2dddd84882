from dataclasses import replace

import numpy as np
import pytest

from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from evaluation.clustered import clustered
from evaluation.workload import presets, recall, similarities, tasks

CATALOGUE = clustered(500, seed=3)
VALUES = np.array([0.9, 0.1, 0.8, 0.7, -np.inf, 0.7], np.float32)


@pytest.mark.parametrize(
    ("answer", "k", "expected"),
    [
        ([0, 2], 2, 1.0),
        ([2, 0], 2, 1.0),  # recall ignores the order within a page
        ([0, 1], 2, 0.5),
        ([0, 2, 5], 3, 1.0),  # products 3 and 5 tie for the third place
        ([0, 0, 0], 3, 1 / 3),  # a product counts once
        ([0, 4], 2, 0.5),  # product 4 doesn't match
        ([1, 1, 0, 2], 2, 0.0),  # beyond the page
        ([], 2, 0.0),
        ([0, 2, 3, 5, 1], 24, 1.0),  # fewer match than a page holds
    ],
)
def test_recall(answer: list[int], k: int, expected: float) -> None:
    assert recall(VALUES, answer, k) == pytest.approx(expected)


def test_recall_is_1_if_nothing_matches() -> None:
    assert recall(np.full(3, -np.inf, np.float32), []) == 1.0


def test_tasks_come_from_a_seed_and_take_the_weights_in_turn() -> None:
    drawn, again = (tasks(CATALOGUE, 0.1, len(presets()) + 1) for _ in range(2))
    assert [t.numbers for t in drawn] == [t.numbers for t in again]
    assert [t.weights for t in drawn] == [*presets().values(), next(iter(presets().values()))]
    assert {f"{name} only" for name in LAYOUT.names} < set(presets())
    assert presets()["default"] == DEFAULT_WEIGHTS


def test_similarities_are_weighted_cosines_of_what_matches() -> None:
    [task] = tasks(CATALOGUE, 0.1, 1, weights=[{"look": 3, "color": 1}])
    values = similarities(CATALOGUE, task)
    matching = np.flatnonzero(np.isfinite(values))
    assert set(matching) == set(np.flatnonzero(CATALOGUE.selected(0.1))) - set(task.numbers)
    parts = {a.name: CATALOGUE.vectors[:, a.part] for a in LAYOUT.aspects}
    look, color = (parts[name] @ parts[name][task.numbers[0]] for name in ("look", "color"))
    np.testing.assert_allclose(values[matching], (0.75 * look + 0.25 * color)[matching], atol=1e-5)


def test_any_takes_the_nearest_anchor_and_every_the_farthest() -> None:
    [any_of] = tasks(CATALOGUE, 1.0, 1, mode="any", anchors=3)
    [every] = tasks(CATALOGUE, 1.0, 1, mode="every", anchors=3)
    assert (similarities(CATALOGUE, any_of) >= similarities(CATALOGUE, every)).all()


def test_offsets_move_what_is_nearest_from_one_like_to_another() -> None:
    [task] = tasks(CATALOGUE, 1.0, 1, mode="any", anchors=2)
    first, second = (similarities(CATALOGUE, replace(task, offsets=offsets)) for offsets in ((0.0, -9.0), (-9.0, 0.0)))
    alone = [similarities(CATALOGUE, replace(task, anchors=(anchor,))) for anchor in task.anchors]
    for values, expected in zip((first, second), alone, strict=True):
        assert values == pytest.approx(expected, abs=1e-5)
