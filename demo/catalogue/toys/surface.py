"""Surfaces of toys: grain on wood, fur on plush."""

import numpy as np

from demo.catalogue.raster import FloatArray, smooth_noise


def surface(layer: FloatArray, material: str, rng: np.random.Generator, detail: int = 1) -> FloatArray:
    """Return a drawn toy with the surface of its material: grain on wood, fur on plush.

    Parameters
    ----------
    layer : numpy.ndarray
        RGBA in 0..1 (height, width, 4).
    material : str
        ``wood``, ``plush`` or ``plastic``.
    rng : numpy.random.Generator
        Source of the irregularity.
    detail : int
        Pixels of a unit.

    Returns
    -------
    numpy.ndarray
        The layer with its surface.
    """
    shape = layer.shape[:2]
    if material == "wood":
        bend = smooth_noise(rng, shape, (9, 4)) * (14 * detail)
        rows = np.arange(shape[0], dtype=np.float32)[:, None] + bend
        streaks = rng.standard_normal(shape[0] + 64 * detail).astype(np.float32)
        streaks = np.convolve(streaks, np.array([0.25, 0.5, 0.25], dtype=np.float32), "same")
        grain = streaks[np.clip(rows + 32 * detail, 0, streaks.size - 1).astype(np.int32)]
        layer[..., :3] *= (1 + np.float32(0.055) * grain)[..., None]
    elif material == "plush":
        layer = _fur(layer, rng, detail)
    return layer


def _fur(layer: FloatArray, rng: np.random.Generator, detail: int) -> FloatArray:
    """Displace pixels, so that edges look hairy, and lighten tufts."""
    height, width = layer.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    reach = np.float32(3.2 * detail)
    dx = rng.standard_normal((height, width), dtype=np.float32) * reach
    dy = rng.standard_normal((height, width), dtype=np.float32) * reach
    tousled = layer[np.clip(y + dy, 0, height - 1).astype(np.int32), np.clip(x + dx, 0, width - 1).astype(np.int32)]
    tuft = smooth_noise(rng, (height, width), (height // (5 * detail), width // (4 * detail)))
    is_dark = (layer[..., :3].max(axis=2) < 0.2)[..., None]
    result = np.where(is_dark & (layer[..., 3:] > 0.5), layer, tousled * np.float32(0.8) + layer * np.float32(0.2))
    result[..., :3] *= (1 + np.float32(0.1) * tuft)[..., None]
    return np.asarray(result, dtype=np.float32)
