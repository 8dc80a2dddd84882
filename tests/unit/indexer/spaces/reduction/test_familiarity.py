import numpy as np
import pytest

from es_mappings.layout import Vector
from indexer.spaces.reduction.familiarity import LEAST, familiar_limit, unexplained
from indexer.spaces.reduction.linear import fit_pca

RANDOM = np.random.default_rng(7)
KINDS = RANDOM.normal(size=(2, 8, 64))  # the directions in which the images of a kind differ


def _images(kind: int, count: int) -> Vector:
    noise = 0.1 * RANDOM.normal(size=(count, 64))
    return np.asarray(RANDOM.normal(size=(count, 8)) @ KINDS[kind] + noise, np.float32)


def test_other_images_of_a_kind_are_familiar_and_those_of_another_are_not() -> None:
    catalogue = _images(0, 600)
    limit, pca = familiar_limit(catalogue, 16), fit_pca(catalogue, 16)
    assert limit
    assert (unexplained(pca, _images(0, 200)) <= limit).mean() > 0.97
    assert (unexplained(pca, _images(1, 200)) > limit).mean() > 0.97


def test_brightness_changes_nothing_and_all_dimensions_explain_all() -> None:
    catalogue = _images(0, 200)
    catalogue -= catalogue.mean(axis=0)
    pca = fit_pca(catalogue, 4)
    np.testing.assert_allclose(unexplained(pca, 3 * catalogue), unexplained(pca, catalogue), atol=1e-5)
    assert unexplained(fit_pca(catalogue, 64), catalogue).max() < 1e-3


@pytest.mark.parametrize("count", [0, LEAST - 1])
def test_few_images_have_no_limit(count: int) -> None:
    assert familiar_limit(_images(0, count), 16) is None
