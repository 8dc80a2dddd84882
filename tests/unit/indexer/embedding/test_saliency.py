import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from indexer.embedding.saliency import overlap, regions, saliency


def _photograph(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Return red things on a striped ground."""
    image = Image.new("RGB", size, (70, 110, 80))
    draw = ImageDraw.Draw(image)
    for x in range(0, size[0], 20):
        draw.rectangle((x, 0, x + 5, size[1]), fill=(90, 130, 95))
    for box in boxes:
        draw.rectangle(box, fill=(210, 40, 50))
    return image


def test_what_differs_from_the_ground_is_found() -> None:
    things = [(40, 60, 140, 220), (250, 40, 350, 140)]
    found = regions(saliency(_photograph(*things), None), 5)
    assert len(found) == 2
    for left, top, right, bottom in things:
        box = (left / 400, top / 300, (right - left) / 400, (bottom - top) / 300)
        assert max(overlap(box, region.box) for region in found) > 0.7


def test_activations_tell_what_has_the_color_of_the_ground() -> None:
    activations = np.zeros((24, 24, 4), np.float32)
    activations[..., 0] = 1
    activations[8:16, 6:14] = (0, 1, 0, 0)
    [region] = regions(saliency(_photograph(), activations), 5)
    assert overlap(region.box, (6 / 24, 8 / 24, 8 / 24, 8 / 24)) > 0.6


def test_an_even_ground_has_no_regions() -> None:
    assert regions(saliency(Image.new("RGB", (300, 300), "navy"), np.ones((24, 24, 4), np.float32)), 5) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3, 2), (2_000, 30)])
def test_images_of_any_shape_are_looked_at(size: tuple[int, int]) -> None:
    for region in regions(saliency(_photograph(size=size), None), 5):
        assert 0 <= region.box[0] < region.box[0] + region.box[2] <= 1


@given(st.integers(0, 2**32 - 1))
def test_whatever_is_salient_regions_lie_inside_and_are_no_parts_of_each_other(seed: int) -> None:
    salient = np.random.default_rng(seed).random((96, 96), np.float32)
    salient[20:50, 30:70] += 1
    found = [region.box for region in regions(salient, 5)]
    assert len(found) <= 5
    for n, (left, top, width, height) in enumerate(found):
        assert 0 <= left < left + width <= 1
        assert 0 <= top < top + height <= 1
        assert all(overlap(found[n], other) < 0.5 for other in found[:n])
