"""A synthetic catalogue whose images vary most in a property that has no label."""

import zlib

import numpy as np

from es_mappings.layout import Vector
from indexer.vectorizers.base import ProductFields

KINDS = ["mug", "lamp", "sofa", "shirt", "boot", "watch"]
COLORS = ["red", "green", "blue", "white"]
_DIMS = 40


def products(count: int, *, seed: int = 3) -> list[ProductFields]:
    draw = np.random.default_rng(seed)
    return [
        ProductFields(
            f"product {place} of {seed}",
            category=("all", str(draw.choice(KINDS))),
            attributes={"color": str(draw.choice(COLORS)), "warehouse": str(draw.choice(["north", "south"]))},
        )
        for place in range(count)
    ]


def activations_of(catalogue: list[ProductFields], *, seed: int = 3) -> Vector:
    """Draw the activations of products: a faint kind and colour, and a backdrop ten times as strong."""
    draw = np.random.default_rng(seed)
    kinds, colors = draw.normal(size=(len(KINDS), _DIMS)), draw.normal(size=(len(COLORS), _DIMS))
    backdrops = np.linalg.qr(draw.normal(size=(_DIMS, 8)))[0].T * 10
    rows = []
    for product in catalogue:
        noise = np.random.default_rng(zlib.crc32(product.title.encode()))
        row = kinds[KINDS.index(product.category[1])] + colors[COLORS.index(str(product.attributes["color"]))]
        rows.append(row + noise.normal(size=8) @ backdrops + noise.normal(size=_DIMS) * 0.3)
    return np.array(rows, np.float32)
