"""Resampling: both ways to resize return the same picture."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexer.images.decoding.resampling import resized, resized_by_pillow


def _picture(width: int, height: int) -> Image.Image:
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 4, height // 4, width // 2, height // 2), fill=(200, 30, 60))
    draw.line((0, height, width, 0), fill=(0, 80, 255), width=3)
    return image


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear", "box", "lanczos"])
@pytest.mark.parametrize("size", [(400, 533), (1_100, 640), (90, 60)])
def test_it_does_not_matter_what_resizes(interpolation: str, size: tuple[int, int]) -> None:
    image = _picture(*size)
    box = (0.1 * size[0], 0.05 * size[1], 0.9 * size[0], 0.95 * size[1])
    for part in (None, box):
        ours = np.asarray(resized(image, (96, 64), interpolation, part), int)
        pillows = np.asarray(resized_by_pillow(image, (96, 64), interpolation, part), int)
        assert ours.shape == (64, 96, 3)
        assert np.abs(ours - pillows).mean() < 2  # of 255; Pillow approximates large boxes


def test_a_box_bounds_what_is_seen() -> None:
    image = Image.new("RGB", (40, 40), "white")
    image.paste("black", (20, 0, 40, 40))
    assert np.asarray(resized(image, (8, 8), "box", (0, 0, 20, 40))).min() == 255
    assert np.asarray(resized(image, (8, 8), "box", (20, 0, 40, 40))).max() == 0


def test_an_interpolation_that_only_pillow_has_is_pillows() -> None:
    image = _picture(50, 70)
    assert resized(image, (20, 20), "hamming") == resized_by_pillow(image, (20, 20), "hamming")
