"""Resize on a GPU with the kernels of decoder processes, as two products of matrices."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from indexer.images.decoding.resampling import Box

Floats = NDArray[np.float64]


def _box(x: Floats) -> Floats:
    return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)


def _bilinear(x: Floats) -> Floats:
    return np.asarray(np.maximum(1 - np.abs(x), 0))


def _bicubic(x: Floats) -> Floats:
    """Keys (1981) with a = -0.5, as in Pillow."""
    a, x = -0.5, np.abs(x)
    near, far = ((a + 2) * x - (a + 3)) * x * x + 1, (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


# Kernel, and how many source pixels it reaches to each side when nothing is shrunk.
KERNELS: dict[str, tuple[Callable[[Floats], Floats], float]] = {
    "box": (_box, 0.5),
    "bilinear": (_bilinear, 1.0),
    "bicubic": (_bicubic, 2.0),
}


def resized(pixels: torch.Tensor, size: tuple[int, int], interpolation: str, box: Box | None = None) -> torch.Tensor:
    """Resize as `indexer.images.decoding.resampling.resized` does.

    Parameters
    ----------
    pixels : Tensor
        float32 of shape ``(..., height, width)``, 0 to 255.
    size : tuple of int
        Width and height of the result, in pixels.
    interpolation : str
        A key of `KERNELS`.
    box : tuple of float, optional
        The part that is resized; the whole image if there is none.
    """
    height, width = pixels.shape[-2:]
    left, top, right, bottom = box or (0.0, 0.0, float(width), float(height))
    across = _matrix(width, left, right, size[0], interpolation, str(pixels.device))
    down = _matrix(height, top, bottom, size[1], interpolation, str(pixels.device))
    return down @ (pixels @ across.T).clamp(0, 255)  # as decoder processes clip what overshoots between the two


@lru_cache(64)  # a catalogue's pictures have few sizes
def _matrix(length: int, start: float, stop: float, size: int, interpolation: str, device: str) -> torch.Tensor:
    return torch.as_tensor(weights(length, start, stop, size, interpolation), dtype=torch.float32, device=device)


def weights(length: int, start: float, stop: float, size: int, interpolation: str) -> Floats:
    """Return each source pixel's weight in each resulting pixel: shape ``(size, length)``, rows that sum to 1.

    The kernel is widened by the factor by which the part from ``start`` to ``stop`` is shrunk, so that nothing aliases;
    it reaches beyond the part, but not beyond the image.
    """
    kernel, reach = KERNELS[interpolation]
    step = (stop - start) / size
    wide = max(step, 1.0)
    centres = start + (np.arange(size)[:, None] + 0.5) * step
    first = np.maximum(np.floor(centres - reach * wide + 0.5), 0)
    last = np.minimum(np.floor(centres + reach * wide + 0.5), length)
    places = np.arange(length)[None]
    raw = np.where((places >= first) & (places < last), kernel((places - centres + 0.5) / wide), 0.0)
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))
