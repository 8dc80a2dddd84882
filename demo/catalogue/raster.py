"""Pixels: rasterising SVG, blending layers, and the finish of every picture."""

import io
from typing import Any

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image, ImageFilter

FloatArray = NDArray[np.float32]


def rasterise(svg: str, detail: int = 1) -> FloatArray:
    """Render an SVG document.

    Parameters
    ----------
    svg : str
        The document.
    detail : int
        Pixels drawn for each pixel of the document's size, across and down.

    Returns
    -------
    numpy.ndarray
        float32 array (height * detail, width * detail, 4), RGB and alpha in 0..1, alpha not premultiplied.

    Raises
    ------
    ValueError
        The document isn't valid SVG.
    """
    data: bytes = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, zoom=float(detail))
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGBA"))
    return pixels.astype(np.float32) * np.float32(1 / 255)


def places(count: int, detail: int) -> FloatArray:
    """Return the middles of pixels in the units that things are designed in, of which each has `detail` pixels.

    Parameters
    ----------
    count : int
        Number of pixels.
    detail : int
        Pixels of a unit.

    Returns
    -------
    numpy.ndarray
        One place a pixel; the first unit's middle is 0.
    """
    return np.asarray((np.arange(count, dtype=np.float32) + 0.5) / detail - 0.5, dtype=np.float32)


def over(base: FloatArray, colour: NDArray[Any], alpha: NDArray[Any]) -> None:
    """Blend a layer over a picture, in place.

    Parameters
    ----------
    base : numpy.ndarray
        The picture (height, width, 3), changed.
    colour : numpy.ndarray
        Colour of the layer, broadcastable to `base`.
    alpha : numpy.ndarray
        Coverage of the layer in 0..1 (height, width).
    """
    base += (colour - base) * alpha[..., None]


def soften(mask: FloatArray, radius: float) -> FloatArray:
    """Blur a mask, at a quarter of its size if the radius is large, because soft shadows lose nothing by it.

    Parameters
    ----------
    mask : numpy.ndarray
        Coverage in 0..1 (height, width).
    radius : float
        Standard deviation in pixels.

    Returns
    -------
    numpy.ndarray
        The blurred mask, of the same size.
    """
    height, width = mask.shape
    image = Image.fromarray((mask * 255).astype(np.uint8))
    factor = 4 if radius >= 6 else 1
    small = image.resize((width // factor, height // factor), Image.Resampling.BOX) if factor > 1 else image
    small = small.filter(ImageFilter.GaussianBlur(radius / factor))
    if factor > 1:
        small = small.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(small).astype(np.float32) * np.float32(1 / 255)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> FloatArray:
    """Draw smooth noise: a coarse random grid, enlarged.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Height and width in pixels.
    cells : tuple of int
        Rows and columns of the grid: more cells, finer noise.

    Returns
    -------
    numpy.ndarray
        float32 array of that shape, about -1..1.
    """
    grid = Image.fromarray(rng.uniform(-1, 1, cells).astype(np.float32))
    return np.asarray(grid.resize((shape[1], shape[0]), Image.Resampling.BICUBIC))


def finish(picture: FloatArray, rng: np.random.Generator, exposure: float, warmth: float) -> Image.Image:
    """Apply exposure, white balance, vignette and film grain to a picture.

    Parameters
    ----------
    picture : numpy.ndarray
        RGB in 0..1 (height, width, 3).
    rng : numpy.random.Generator
        Source of the grain.
    exposure : float
        Factor, about 0.9..1.1.
    warmth : float
        White balance, about -0.03 (cool) .. 0.03 (warm).

    Returns
    -------
    PIL.Image.Image
        The finished RGB picture.
    """
    height, width = picture.shape[:2]
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    light = np.float32(exposure) * (1 - np.float32(0.042) * (rows**2 + columns**2))
    balance = np.array([1 + warmth, 1, 1 - warmth], dtype=np.float32)
    grain = rng.standard_normal((height, width), dtype=np.float32) * np.float32(0.006)
    result = picture * (light[..., None] * balance) + grain[..., None]
    return Image.fromarray((np.clip(result, 0, 1) * 255 + np.float32(0.5)).astype(np.uint8))
