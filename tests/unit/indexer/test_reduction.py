import numpy as np
import pytest

from es_mappings.layout import Layout
from indexer.reduction import fit_pca
from indexer.spaces import VectorSpace

RANDOM = np.random.default_rng(5)


def test_pca_keeps_the_directions_that_vary_most() -> None:
    activations = RANDOM.normal(size=(500, 3)).astype(np.float32) * [10, 1, 0.01] + [5, 5, 5]
    reduction = fit_pca(activations.astype(np.float32), 1)
    assert reduction.components.shape == (1, 3)
    assert abs(reduction.components[0, 0]) > 0.99
    assert reduction.kept == pytest.approx(0.99, abs=0.01)
    assert abs(reduction(activations.astype(np.float32)).mean()) < 1e-3


def test_distances_survive_where_all_dimensions_are_kept() -> None:
    activations = RANDOM.normal(size=(50, 8)).astype(np.float32)
    reduced = fit_pca(activations, 8)(activations)
    assert np.linalg.norm(reduced[0] - reduced[1]) == pytest.approx(
        np.linalg.norm(activations[0] - activations[1]), abs=1e-4
    )


def test_few_products_give_few_dimensions() -> None:
    assert fit_pca(RANDOM.normal(size=(4, 10)).astype(np.float32), 256).dims == 3


def test_one_product_is_too_few() -> None:
    with pytest.raises(ValueError, match="at least two"):
        fit_pca(np.zeros((1, 4), np.float32), 2)


def test_same_activations_same_space() -> None:
    activations = RANDOM.normal(size=(100, 6)).astype(np.float32)
    layout = Layout.of({"look": 4})
    spaces = [VectorSpace({"look": "model"}, {"look": fit_pca(activations, 4)}, layout) for _ in range(2)]
    assert spaces[0].digest == spaces[1].digest
    other = VectorSpace({"look": "another model"}, spaces[0].reductions, layout)
    assert other.digest != spaces[0].digest


def test_a_space_composes_unit_parts_and_leaves_out_what_is_missing() -> None:
    activations = RANDOM.normal(size=(100, 6)).astype(np.float32)
    layout = Layout.of({"look": 4, "color": 3})
    reductions = {"look": fit_pca(activations, 4), "color": fit_pca(activations, 3)}
    vector = VectorSpace({}, reductions, layout).compose({"look": activations[0]})
    assert np.linalg.norm(vector[:4]) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(vector[4:], np.zeros(3))
