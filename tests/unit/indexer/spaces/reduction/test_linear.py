from collections.abc import Iterator

import numpy as np
import pytest
from safetensors.numpy import load, save

from es_mappings.layout import Layout
from indexer.spaces.reduction import Reduction, fit_incremental_pca, fit_learned, fit_pca, fit_random, load_reduction
from indexer.spaces.vector_space import VectorSpace
from tests.unit.indexer.catalogues import activations_of, products

RANDOM = np.random.default_rng(5)


def test_pca_keeps_the_directions_that_vary_most() -> None:
    activations = RANDOM.normal(size=(500, 3)).astype(np.float32) * [10, 1, 0.01] + [5, 5, 5]
    reduction = fit_pca(activations.astype(np.float32), 1)
    assert reduction.components.shape == (1, 3)
    assert abs(reduction.components[0, 0]) > 0.99
    assert reduction.kept == pytest.approx(0.99, abs=0.01)
    assert abs(reduction(activations.astype(np.float32)).mean()) < 1e-3


def test_all_dimensions_keep_all_distances() -> None:
    activations = RANDOM.normal(size=(50, 8)).astype(np.float32)
    reduced = fit_pca(activations, 8)(activations)
    assert np.linalg.norm(reduced[0] - reduced[1]) == pytest.approx(
        np.linalg.norm(activations[0] - activations[1]), abs=1e-4
    )


def test_few_products_have_few_dimensions() -> None:
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


def _fitted() -> dict[str, Reduction]:
    rows = activations_of(products(300))
    return {
        "pca": fit_pca(rows, 8),
        "whitened": fit_pca(rows, 8, whiten=True),
        "random": fit_random(rows, 8),
        "learned": fit_learned(rows, products(300), 16),
        "compressed": fit_learned(rows, products(300), 6),
    }


@pytest.mark.parametrize("name", ["pca", "whitened", "random", "learned", "compressed"])
def test_a_loaded_reduction_is_the_same_to_the_byte(name: str) -> None:
    first, again = _fitted()[name], _fitted()[name]
    loaded = load_reduction(first.manifest, load(save(first.tensors)))
    rows = activations_of(products(20, seed=9))
    assert first(rows).tobytes() == again(rows).tobytes() == loaded(rows).tobytes()
    assert save(first.tensors) == save(loaded.tensors)
    assert first.manifest == loaded.manifest == again.manifest
    assert first(rows).shape == (20, first.dims)


def test_a_space_with_any_reduction_has_its_digest() -> None:
    digests = {VectorSpace({"look": "model"}, {"look": r}, Layout.of({"look": 16})).digest for r in _fitted().values()}
    assert len(digests) == len(_fitted())


def test_whitened_dimensions_have_equal_variance() -> None:
    rows = (RANDOM.normal(size=(500, 3)) * [10, 1, 0.1]).astype(np.float32)
    np.testing.assert_allclose(fit_pca(rows, 3, whiten=True)(rows).std(axis=0, ddof=1), np.ones(3), rtol=1e-3)


def test_whitening_leaves_a_dimension_without_variance_small() -> None:
    rows = RANDOM.normal(size=(200, 2)).astype(np.float32) @ RANDOM.normal(size=(2, 6)).astype(np.float32)
    assert np.abs(fit_pca(rows, 6, whiten=True)(rows)[:, 2:]).max() < 0.1


def test_a_random_projection_keeps_distances_on_average() -> None:
    rows = RANDOM.normal(size=(60, 400)).astype(np.float32)
    reduced = fit_random(rows, 300)(rows)
    before, after = (np.linalg.norm(r[1:] - r[:-1], axis=1) for r in (rows, reduced))
    assert (after / before).mean() == pytest.approx(1, abs=0.05)


def test_an_incremental_pca_finds_the_same_subspace() -> None:
    rows = (RANDOM.normal(size=(5_000, 10)) * np.arange(10, 0, -1)).astype(np.float32)
    read = []

    def chunks() -> Iterator[np.ndarray]:
        for start in range(0, 5_000, 300):
            read.append(start)
            yield rows[start : start + 300]

    whole, parts = fit_pca(rows, 4), fit_incremental_pca(chunks(), 4)
    assert len(read) == 17
    assert np.linalg.svd(whole.components @ parts.components.T)[1].min() > 0.99
    assert parts.kept == pytest.approx(whole.kept, abs=0.01)


def test_an_incremental_pca_of_few_activations_is_the_pca() -> None:
    rows = RANDOM.normal(size=(40, 6)).astype(np.float32)
    first, second = fit_pca(rows, 3), fit_incremental_pca([rows[:39], rows[39:]], 3)
    np.testing.assert_allclose(np.abs(first(rows)), np.abs(second(rows)), atol=1e-4)


def test_no_activation_is_too_few() -> None:
    with pytest.raises(ValueError, match="at least two"):
        fit_incremental_pca([], 4)
