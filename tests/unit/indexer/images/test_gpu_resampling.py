"""Resampling by matrices, against decoder processes' own."""

import numpy as np
import pytest
import torch
from PIL import Image

from indexer.images.decoding.resampling import resized_by_pillow
from indexer.images.gpu_resampling import KERNELS, resized, weights


@pytest.mark.parametrize("interpolation", sorted(KERNELS))
@pytest.mark.parametrize("size", [(30, 44), (150, 90), (700, 1_000)])
def test_it_resizes_as_pillow_does(interpolation: str, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    box = (0.11 * size[0], 0.07 * size[1], 0.93 * size[0], 0.88 * size[1])
    image = Image.fromarray(pixels)
    expected = image.resize((64, 48), Image.Resampling[interpolation.upper()], box)
    floats = torch.from_numpy(pixels).permute(2, 0, 1).float()
    result = resized(floats, (64, 48), interpolation, box).clamp(0, 255).round().permute(1, 2, 0).numpy()
    assert np.abs(result - np.asarray(expected, float)).max() <= 2  # Pillow rounds after each direction


def test_the_whole_image_is_the_part_by_default() -> None:
    floats = torch.arange(48.0).reshape(1, 6, 8)
    whole = resized(floats, (4, 3), "bilinear")
    torch.testing.assert_close(whole, resized(floats, (4, 3), "bilinear", (0.0, 0.0, 8.0, 6.0)))
    grey = Image.fromarray(floats[0].byte().numpy()).convert("RGB")
    assert abs(float(whole.mean()) - np.asarray(resized_by_pillow(grey, (4, 3), "bilinear")).mean()) < 1


def test_each_resulting_pixel_is_an_average() -> None:
    for interpolation in KERNELS:
        np.testing.assert_allclose(weights(101, 3.2, 77.7, 13, interpolation).sum(axis=1), 1)
