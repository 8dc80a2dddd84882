import numpy as np

from es_mappings.diversity import mmr

TWIN, OTHER = np.array([1, 0], np.float32), np.array([0, 1], np.float32)


def test_without_diversity_the_order_stays() -> None:
    assert mmr([0.9, 0.8, 0.7], [TWIN, TWIN, OTHER], 0) == [0, 1, 2]


def test_a_twin_of_what_is_shown_comes_later() -> None:
    assert mmr([0.9, 0.89, 0.7], [TWIN, TWIN, OTHER], 0.5) == [0, 2, 1]


def test_nothing_and_products_without_vector() -> None:
    assert mmr([], [], 0.5) == []
    assert sorted(mmr([0.9, 0.0, 0.8], [TWIN, np.zeros(2, np.float32), TWIN], 0.5)) == [0, 1, 2]
