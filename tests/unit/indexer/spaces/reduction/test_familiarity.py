import numpy as np
import pytest

from es_mappings.layout import Vector
from indexer.spaces.reduction import load_reduction
from indexer.spaces.reduction.familiarity import (
    LEAST,
    Retaken,
    closeness,
    familiar_limit,
    unexplained,
    with_familiar_limit,
)
from indexer.spaces.reduction.linear import Linear, fit_pca

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


MOVES = RANDOM.normal(size=(4, 64))  # the directions in which photographs differ from a catalogue's images


def _retaken(images: Vector) -> Vector:
    return np.asarray(images + 2 * RANDOM.normal(size=(len(images), 4)) @ MOVES, np.float32)


def test_photographs_of_what_the_catalogue_has_are_familiar_by_images_that_were_retaken() -> None:
    catalogue = _images(0, 800)
    knowing = with_familiar_limit(
        fit_pca(catalogue, 16), catalogue, Retaken(catalogue[:300], _retaken(catalogue[:300]))
    )
    plain = with_familiar_limit(fit_pca(catalogue, 16), catalogue)

    def share_close(reduction: Linear, images: Vector) -> float:
        return float(np.mean([closeness(reduction, image) == 1 for image in images]))

    assert isinstance(knowing, Linear)
    assert isinstance(plain, Linear)
    own, others = _retaken(_images(0, 200)), _retaken(_images(1, 200))
    assert share_close(plain, own) < 0.5
    assert share_close(knowing, own) > 0.94
    assert share_close(knowing, others) < 0.05
    # The vectors of images stay what they are, and a stored space knows the same.
    np.testing.assert_array_equal(knowing(own), plain(own))
    stored = load_reduction(knowing.manifest, knowing.tensors)
    assert closeness(stored, others[0]) == closeness(knowing, others[0])


def test_too_few_retaken_images_change_nothing() -> None:
    catalogue = _images(0, 400)
    few = with_familiar_limit(fit_pca(catalogue, 16), catalogue, Retaken(catalogue[:50], _retaken(catalogue[:50])))
    assert few.manifest == with_familiar_limit(fit_pca(catalogue, 16), catalogue).manifest
