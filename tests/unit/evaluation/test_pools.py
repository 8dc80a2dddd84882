import numpy as np

from evaluation.pools import mix, nearest_to


def test_the_nearest_are_found_without_the_anchor() -> None:
    angles = {"a": 0.0, "b": 0.3, "c": -0.1, "d": 2.0}
    vectors = {name: np.array([np.cos(a), np.sin(a)], np.float32) for name, a in angles.items()}
    assert nearest_to(["a", "d"], vectors, 2) == {"a": ["c", "b"], "d": ["b", "a"]}


def test_each_candidate_is_judged_once() -> None:
    assert mix([{"a": ["x", "y"]}, {"a": ["y", "z"]}]) == {"a": ["x", "y", "z"]}
