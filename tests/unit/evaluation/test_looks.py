from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from es_mappings.layout import Vector
from evaluation.looks import WAYS, Way
from evaluation.views import Averaged
from indexer.spaces.reduction.base import unit_rows
from indexer.vectorizers.base import ImageModel

RANDOM = np.random.default_rng(11)


class Left:
    """How bright the left edge of an image is, and its upper left pixel."""

    dims = 2

    @property
    def manifest(self) -> dict[str, Any]:
        return {"aspect": "left"}

    @property
    def model(self) -> ImageModel:
        raise NotImplementedError

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        pixels = [np.asarray(image, np.float32)[..., 0] for image in images]
        return np.array([[rows[:, 0].mean(), rows[0, 0]] for rows in pixels], np.float32)


def test_a_mirrored_picture_counts_as_much_as_the_picture() -> None:
    image = Image.new("RGB", (10, 10))
    image.paste((200, 0, 0), (5, 0, 10, 10))
    averaged = Averaged(Left(), "mirrored")
    np.testing.assert_allclose(averaged([image, image]), [[100, 100]] * 2)
    assert averaged.manifest == {"aspect": "left", "views": "mirrored"}


def test_corners_see_each_corner_and_the_whole() -> None:
    image = Image.new("RGB", (10, 10))
    image.paste((250, 0, 0), (2, 2, 3, 3))  # the upper left pixel of the lower right crop
    assert Averaged(Left(), "corners")([image])[0, 1] == pytest.approx(250 / 5)


def _way(part: str) -> Way:
    return next(way for way in WAYS if part in way.name)


def _rows(count: int) -> dict[str, Vector]:
    spread = np.linspace(3, 0.1, 40)
    return {
        name: (RANDOM.normal(size=(count, 40)) * spread).astype(np.float32)
        for name in ("look", "parts", "other", "mirrored", "corners")
    }


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_each_way_makes_looks_of_as_many_dimensions(way: Way) -> None:
    looks = way.fit(_rows(100), 12)(_rows(5))
    assert looks.shape == (5, 12)
    assert np.isfinite(looks).all()


def test_a_grid_counts_its_share() -> None:
    fitted, rows = _rows(100), _rows(2)
    same = {**rows, "look": rows["look"][[0, 0]]}  # two products alike but in their grids
    looks = _way("30%").fit(fitted, 12)(same)
    grids = unit_rows(looks[:, 8:])
    assert looks[0] @ looks[1] == pytest.approx(0.7 + 0.3 * float(grids[0] @ grids[1]), abs=1e-5)


def test_whitening_makes_all_directions_count_equally() -> None:
    fitted = _rows(400)
    spread = _way("whitened").fit(fitted, 12)(fitted).std(axis=0)
    np.testing.assert_allclose(spread, 1, atol=1e-3)
    default = WAYS[0].fit(fitted, 12)(fitted).std(axis=0)
    quarter = _way("by 0.25").fit(fitted, 12)(fitted).std(axis=0)
    np.testing.assert_allclose(quarter, default**0.75, rtol=1e-3)
