"""The colours of an image's product, without its backdrop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from indexer.images.decoding.resampling import resized

Floats = NDArray[np.float32]

SIDE = 48  # pixels: colour needs no detail
_BORDER = 2  # pixels at each edge from which the backdrop is read
_BACKDROP_DISTANCE = 12.0  # CIE76; below about 10 most people call two patches the same colour
_SPREAD = 14.0  # standard deviation with which a pixel is shared among the palette's colours, CIE76
_FLOOR = 1e-9  # least share of each colour in each pixel: a pixel far from all colours must not be divided by zero

# The palette: the grey axis and rings of (chroma, hues) in CIELAB, within sRGB's gamut.
_LIGHTNESS = (12.0, 30.0, 48.0, 66.0, 84.0, 97.0)
_RINGS = ((0.0, 1), (22.0, 6), (48.0, 12), (78.0, 12))


@dataclass(frozen=True)
class Palette:
    """Counts an image's colours: a soft histogram over a palette in CIELAB, float32 of unit length.

    Pixels that resemble the image's border are backdrop; the rest, weighted towards the middle, is the product. The
    square roots of the shares make the dot product of two histograms their Bhattacharyya coefficient.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """One number per colour."""
        return (int(_tables().in_gamut.sum()),)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Square roots of shares."""
        return np.dtype(np.float32)

    def __call__(self, image: Image.Image) -> Floats:
        """Count the colours of an upright RGB image."""
        small = resized(image, (SIDE, SIDE), "box")
        # Pillow stores L as 0..255, and a and b as signed bytes.
        lab = np.asarray(ImageCms.applyTransform(small, _to_lab()))
        shares = _shares(lab.reshape(-1, 3), _foreground(lab))
        return np.asarray(np.sqrt(shares / shares.sum()), np.float32)


def lab_of(image: Image.Image, side: int) -> Floats:
    """Return the CIELAB colours of an image that is squeezed into a square: shape ``(side, side, 3)``."""
    small = resized(image, (side, side), "box")
    pixels = np.asarray(ImageCms.applyTransform(small, _to_lab()))
    return _lab(pixels.reshape(-1, 3)).reshape(side, side, 3)


class _Tables(NamedTuple):
    """Factors of every pixel's share of every colour: a Gaussian's exponent is a sum over L, a and b.

    A channel has only 256 values, so all exponentials are computed once.
    """

    lightness: Floats  # (256, lightnesses)
    a: Floats  # (256, chromas), by the byte that Pillow stores
    b: Floats
    in_gamut: NDArray[np.bool_]  # (lightnesses, chromas): whether sRGB can show it


@cache
def _tables() -> _Tables:
    chromas = np.array(
        [
            (chroma * np.cos(2 * np.pi * hue / hues), chroma * np.sin(2 * np.pi * hue / hues))
            for chroma, hues in _RINGS
            for hue in range(hues)
        ]
    )
    lab = np.array([(lightness, *chroma) for lightness in _LIGHTNESS for chroma in chromas])
    signed = np.arange(256, dtype=np.uint8).view(np.int8)
    return _Tables(
        _gaussian(np.arange(256) * (100 / 255), np.array(_LIGHTNESS)),
        _gaussian(signed, chromas[:, 0]),
        _gaussian(signed, chromas[:, 1]),
        _in_srgb(lab).reshape(len(_LIGHTNESS), len(chromas)),
    )


def _gaussian(values: NDArray[Any], means: NDArray[np.float64]) -> Floats:
    shares = np.exp(np.subtract.outer(values.astype(np.float64), means) ** 2 / (-2 * _SPREAD**2))
    # Numbers this small are lost in the floor, and denormal products are slow.
    return np.where(shares < 1e-12, 0, shares).astype(np.float32)


def _in_srgb(lab: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which colours sRGB can show, converted by CIE 15:2004 with the D50 white point of ICC profiles."""
    fy = (lab[:, 0] + 16) / 116
    f = np.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], axis=1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.9642, 1.0, 0.8249]
    # XYZ (D50) to linear sRGB, Bradford-adapted; Lindbloom's table.
    matrix = [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
    rgb = xyz @ np.array(matrix).T
    return np.asarray(((rgb > -0.02) & (rgb < 1.02)).all(axis=1))


@cache
def _to_lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")


def _shares(pixels: NDArray[np.uint8], weights: Floats) -> Floats:
    """Sum each colour's share of the pixels ``(n, 3)``; each pixel is divided among the colours and has a weight."""
    tables = _tables()
    channels = pixels.T.astype(np.intp)  # `take` is quicker than an index of bytes
    lightness = tables.lightness.take(channels[0], axis=0)
    chroma = tables.a.take(channels[1], axis=0) * tables.b.take(channels[2], axis=0)
    in_gamut = tables.in_gamut.astype(np.float32)
    totals = np.einsum("pl,pl->p", lightness, chroma @ in_gamut.T) + _FLOOR * in_gamut.sum()
    scale = weights / totals
    shares = (lightness * scale[:, None]).T @ chroma + _FLOOR * scale.sum()
    return np.asarray(shares[tables.in_gamut], np.float32)


def _foreground(lab: NDArray[np.uint8]) -> Floats:
    """Return a weight from 0 to 1 per pixel, row by row: how unlike the border it is, and how near the middle."""
    rows = np.concatenate([lab[:_BORDER], lab[-_BORDER:]]).reshape(-1, 3)
    columns = np.concatenate([lab[:, :_BORDER], lab[:, -_BORDER:]], axis=1).reshape(-1, 3)
    border = np.concatenate([rows, columns])[::4]
    # The nearest border pixel decides, so that a backdrop of two tones (wall and floor) is all backdrop.
    nearest = _distances(lab.reshape(-1, 3), border)
    unlike = 1 / (1 + np.exp((_BACKDROP_DISTANCE - nearest) / 3))
    # 0.02 keeps a product that looks like its backdrop (white on white), and one that fills the frame.
    return np.asarray((unlike + 0.02) * _middle(), np.float32)


@cache
def _middle() -> Floats:
    axis = np.linspace(-1, 1, SIDE)
    return np.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 0.5**2)).astype(np.float32).reshape(-1)


def _distances(pixels: NDArray[np.uint8], others: NDArray[np.uint8]) -> Floats:
    """Return the CIE76 difference of each pixel from the nearest of the others."""
    p, o = _lab(pixels), _lab(others)
    # |p - o|^2 = |p|^2 + (|o|^2 - 2 o.p): the part that depends on both in one product of matrices.
    ones = np.ones((len(p), 1), np.float32)
    squares = np.hstack([-2 * o, (o**2).sum(axis=1, keepdims=True)]) @ np.hstack([p, ones]).T
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=0) + (p**2).sum(axis=1), 0)), np.float32)


def _lab(pixels: NDArray[np.uint8]) -> Floats:
    lab = np.empty(pixels.shape, np.float32)
    lab[:, 0], lab[:, 1:] = pixels[:, 0] * np.float32(100 / 255), pixels[:, 1:].view(np.int8)
    return lab
