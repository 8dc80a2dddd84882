"""The color aspect: which colours the product has, the backdrop left aside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from es_mappings.layout import Vector
from indexer.vectorizers.base import Prepared

_SIDE = 48  # pixels: colour needs no detail
_BORDER = 2  # pixels at each edge from which the backdrop is read
_BACKDROP_DISTANCE = 12.0  # CIE76; below about 10 most people call two patches the same colour
_SPREAD = 14.0  # standard deviation of a pixel's share among the palette's colours, CIE76

# The palette: the grey axis and rings of (chroma, hues) in CIELAB, as far as sRGB can show them.
_LIGHTNESS = (12.0, 30.0, 48.0, 66.0, 84.0, 97.0)
_RINGS = ((0.0, 1), (22.0, 6), (48.0, 12), (78.0, 12))


class ColorVectorizer:
    """A soft histogram of the product's colours over a palette in CIELAB.

    The backdrop is what resembles the image's border; what remains, weighted towards the middle, is the product.
    Square roots of the shares make the dot product of two histograms their Bhattacharyya coefficient.
    """

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the histogram."""
        return {"aspect": "color", "histogram": "cielab-foreground", "revision": 1, "dims": self.dims}

    @property
    def dims(self) -> int:
        """Colours of the palette."""
        return len(_palette())

    @property
    def backbone(self) -> ColorVectorizer:
        """What makes the histograms: itself."""
        return self

    def prepare(self, image: Image.Image) -> Prepared:
        """Count an image's colours. All the work is here, where threads do it side by side."""
        return _histogram(image)

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        """Put the histograms of several images together."""
        return {"color": np.stack(prepared)}

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Count the colours of each image: shape ``(len(images), dims)``, rows of unit length."""
        return self.run([self.prepare(image) for image in images])["color"]


@cache
def _palette() -> NDArray[np.float32]:
    """Colours in CIELAB, shape (colours, 3)."""
    colors = [
        (lightness, chroma * np.cos(2 * np.pi * hue / hues), chroma * np.sin(2 * np.pi * hue / hues))
        for lightness in _LIGHTNESS
        for chroma, hues in _RINGS
        for hue in range(hues)
    ]
    lab = np.array(colors, np.float64)
    return lab[_in_srgb(lab)].astype(np.float32)


def _in_srgb(lab: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which colours sRGB can show. Conversion by CIE 15:2004 with the D50 white point of ICC profiles."""
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


def _histogram(image: Image.Image) -> Vector:
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    bands = np.asarray(ImageCms.applyTransform(small, _to_lab()))
    # Pillow's LAB holds L as 0..255 and a, b as signed bytes.
    lab = np.dstack([bands[..., 0] * (100 / 255), bands[..., 1:].view(np.int8)]).astype(np.float32)
    pixels, weights = lab.reshape(-1, 3), _foreground(lab).reshape(-1)
    shares = np.exp(_squared_distances(pixels, _palette()) / (-2 * _SPREAD**2)) + 1e-9
    histogram = np.einsum("i,ij->j", weights / shares.sum(axis=1), shares, optimize=False)
    return np.asarray(np.sqrt(histogram / histogram.sum()), np.float32)


def _foreground(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weigh each pixel, 0 to 1, by how unlike the border it is and how near the middle; shape of the image."""
    rows = np.concatenate([lab[:_BORDER], lab[-_BORDER:]]).reshape(-1, 3)
    columns = np.concatenate([lab[:, :_BORDER], lab[:, -_BORDER:]], axis=1).reshape(-1, 3)
    border = np.concatenate([rows, columns])[::4]
    # The nearest of the border's pixels, so that a backdrop of two tones (wall and floor) is all backdrop.
    nearest = np.sqrt(_squared_distances(lab.reshape(-1, 3), border).min(axis=1)).reshape(lab.shape[:2])
    unlike = 1 / (1 + np.exp((_BACKDROP_DISTANCE - nearest) / 3))
    axis = np.linspace(-1, 1, lab.shape[0])
    middle = np.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 0.5**2))
    # The floor keeps a product that looks like its backdrop (white on white), and one that fills the frame.
    return np.asarray((unlike + 0.02) * middle, np.float32)


def _squared_distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared CIE76 colour differences, shape ``(len(a), len(b))``."""
    # Not by BLAS: its threads and those that prepare images side by side would wait for each other.
    products = np.einsum("ik,jk->ij", a, b, optimize=False)
    distances = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * products
    return np.asarray(np.maximum(distances, 0), np.float32)
