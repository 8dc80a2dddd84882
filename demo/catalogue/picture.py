"""Drawing a product's picture."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

import numpy as np
from PIL import Image

from demo.catalogue import dresses, laptops, toys, tvs
from demo.catalogue.model import Product
from demo.catalogue.raster import FloatArray, finish
from demo.catalogue.studio import Shot, shot, stream

SIZES: dict[str, tuple[int, int]] = {
    "dress": (480, 600),
    "toy": (540, 540),
    "laptop": (540, 540),
    "tv": (540, 540),
}
"""Width and height of the pictures of each kind, in units."""

SHOP_DETAIL = 2
"""Pixels of a unit in the sandbox shop: its pictures are sharp on a screen of two pixels a point."""

_Painter = Callable[[Mapping[str, object], Mapping[str, object], Shot, Random], FloatArray]
_PAINTERS: dict[str, _Painter] = {
    "dress": dresses.paint,
    "toy": toys.paint,
    "laptop": laptops.paint,
    "tv": tvs.paint,
}


def photograph(product: Product, seed: int, detail: int = 1) -> Image.Image:
    """Draw a product's picture.

    Parameters
    ----------
    product : Product
        The product.
    seed : int
        Seed of the catalogue; with the product's id it determines camera, light and backdrop.
    detail : int
        Pixels drawn for each unit of the picture's size, across and down; threads and hairs get finer with it.

    Returns
    -------
    PIL.Image.Image
        RGB picture of the kind's size (see `SIZES`), times the detail.
    """
    setup = replace(shot(stream(seed, product.id, "camera")), detail=detail)
    pixels = _PAINTERS[product.kind](product.attributes, product.scene, setup, stream(seed, product.style, "picture"))
    grain = np.random.default_rng(stream(seed, product.id, "grain").getrandbits(32))
    return finish(pixels, grain, setup.exposure, setup.warmth)
