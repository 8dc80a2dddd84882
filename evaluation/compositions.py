"""Photographs of two or three products on a cluttered ground, composed of a catalogue's own pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from indexer.embedding.photos import Box
from indexer.images.decoding.palette import lab_of

_SIZES = ((900, 700), (700, 900), (900, 900))
_SHARE = (0.36, 0.55)  # of the shorter side that a product's picture takes
_LEAST_SIDE, _GAP = 60, 8  # pixels
_BACKDROP = 9.0  # CIE76 from the border's colours, from which a pixel is the product's
_MASK_SIDE = 240

Random = np.random.Generator


@dataclass(frozen=True)
class Composition:
    """A photograph, and where each product is on it."""

    image: Image.Image
    products: dict[str, Box]


def compose(draw: Random, ids: Sequence[str], picture: Callable[[str], Image.Image]) -> Composition:
    """Compose a photograph of two or three of some products; of fewer where they find no room.

    Parameters
    ----------
    picture : callable
        Returns a product's picture, taken before a plain backdrop.
    """
    width, height = _SIZES[int(draw.integers(len(_SIZES)))]
    image, wanted = _ground(draw, width, height), int(draw.integers(2, 4))
    placed: dict[str, tuple[int, int, int, int]] = {}
    for _ in range(60):
        if len(placed) == wanted:
            break
        product_id = ids[int(draw.integers(len(ids)))]
        side = round(draw.uniform(*_SHARE) * min(width, height))
        cut = _cut_out(picture(product_id), side)
        if cut is None or product_id in placed:
            continue
        x, y = (int(draw.integers(10, room - size - 10)) for room, size in zip(image.size, cut.size, strict=True))
        box = (x, y, x + cut.width, y + cut.height)
        if all(_are_apart(box, other) for other in placed.values()):
            image.paste(cut, (x, y), cut)
            placed[product_id] = box
    boxes = {
        i: (x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height) for i, (x0, y0, x1, y1) in placed.items()
    }
    return Composition(image, boxes)


def _cut_out(picture: Image.Image, side: int) -> Image.Image | None:
    """Return a product without its backdrop, its long side at most ``side`` pixels; None where it can't be told."""
    lab = lab_of(picture, _MASK_SIDE)
    border = np.concatenate([lab[:3].reshape(-1, 3), lab[:, :3].reshape(-1, 3), lab[:, -3:].reshape(-1, 3)])[::24]
    nearest = np.min([np.linalg.norm(lab - color, axis=2) for color in border], axis=0)
    labels, count = ndimage.label(ndimage.binary_opening(nearest > _BACKDROP))
    if not count:
        return None
    sizes = ndimage.sum_labels(np.ones_like(labels), labels, range(1, count + 1))
    mask = np.isin(labels, 1 + np.flatnonzero(sizes > 0.1 * sizes.max()))
    mask = ndimage.binary_fill_holes(ndimage.binary_closing(mask, iterations=2))
    if mask.mean() < 0.05:
        return None
    alpha = Image.fromarray((mask * 255).astype(np.uint8)).resize(picture.size, Image.Resampling.BILINEAR)
    whole = picture.convert("RGBA")
    whole.putalpha(alpha)
    cut = whole.crop(alpha.point([0] * 128 + [255] * 128).getbbox())
    cut.thumbnail((side, side), Image.Resampling.LANCZOS)
    return cut if min(cut.size) >= _LEAST_SIDE else None


def _ground(draw: Random, width: int, height: int) -> Image.Image:
    """Draw stripes, boards, scattered blocks or nothing in two or three colours, with blotches and noise."""
    colors = [tuple(int(v) for v in draw.integers(60, 210, 3)) for _ in range(3)]
    image = Image.new("RGB", (width, height), colors[0])
    canvas, kind = ImageDraw.Draw(image), draw.integers(4)
    if kind == 0:
        for x in range(0, width, int(draw.integers(30, 70))):
            canvas.rectangle((x, 0, x + 14, height), fill=colors[1])
    elif kind == 1:
        for y in range(0, height, int(draw.integers(40, 80))):
            canvas.rectangle((0, y, width, y + 3), fill=colors[1])
    elif kind == 2:
        for _ in range(60):
            x, y, w, h = (int(v) for v in draw.integers((-20, -20, 20, 20), (width, height, 90, 90)))
            canvas.rectangle((x, y, x + w, y + h), fill=colors[int(draw.integers(3))])
    pixels = np.asarray(image, float) + 60 * ndimage.gaussian_filter(draw.normal(size=(height, width, 3)), (3, 3, 0))
    pixels += draw.normal(scale=6, size=pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


def _are_apart(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    across = one[0] >= other[2] + _GAP or other[0] >= one[2] + _GAP
    return across or one[1] >= other[3] + _GAP or other[1] >= one[3] + _GAP
