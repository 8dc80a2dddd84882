"""Regions of an image that differ from its ground, without labels. Pure.

The ground is what the image's border shows, in a few clusters; what is far from all of them, in a CNN's activations and
in color, is salient. Connected parts above several thresholds are candidates, ranked by how much they stand out from
what is around them (as Zitnick and Dollar rank boxes, Edge Boxes, 2014, and border priors do in salient object
detection: Wei and others, Geodesic saliency using background priors, 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.cluster.vq import kmeans2

from es_mappings.layout import Vector
from indexer.embedding.photos import Box
from indexer.images.decoding.palette import lab_of

Floats = NDArray[np.float32]

SIDE = 96  # positions of a saliency map, across and down
_CLUSTERS = 10  # of the ground
_THRESHOLDS = np.arange(0.2, 0.8, 0.06)
_LEAST_AREA, _MOST_AREA = 0.006, 0.8  # of the image
_AROUND = 4  # positions around a candidate that it is compared with
_LEAST_CONTRAST = 0.15  # between a region and what is around it; below it is texture
_SAME = 0.5  # intersection over union from which two candidates are one
_INSIDE = 0.7  # share of the smaller one inside the other from which it is a part of it


@dataclass(frozen=True)
class Region:
    """A part of an image: left, top, width and height as fractions of it, and how much it stands out."""

    box: Box
    score: float


def saliency(image: Image.Image, activations: Vector | None) -> Floats:
    """Return how much each position differs from the image's ground: shape ``(SIDE, SIDE)``, 0 to 1.

    Parameters
    ----------
    activations : ndarray, shape (rows, columns, channels), optional
        Of a CNN; without them only color counts.
    """
    small = ndimage.uniform_filter(lab_of(image, SIDE).astype(np.float32), (3, 3, 0))
    maps = [_scaled(_from_border(small, 2))]
    if activations is not None:
        smooth = ndimage.uniform_filter(activations, (2, 2, 0))
        lengths = np.linalg.norm(smooth, axis=2, keepdims=True)
        distances = _scaled(_from_border(smooth / np.maximum(lengths, 1e-6), 1))
        zoom = SIDE / np.array(distances.shape)
        maps.append(ndimage.zoom(distances, zoom, order=1, grid_mode=True, mode="nearest"))
    return np.asarray(np.mean(maps, axis=0), np.float32)


def regions(salient: Floats, most: int) -> list[Region]:
    """Return the regions that stand out, the clearest first, at most so many; none is a part of another.

    Parameters
    ----------
    salient : ndarray, shape (SIDE, SIDE)
        As `saliency` returns it.
    """
    candidates = sorted(_candidates(salient), key=lambda region: (-region.score, region.box))
    chosen: list[Region] = []
    for candidate in candidates:
        if all(not _is_same(candidate.box, other.box) for other in chosen):
            chosen.append(candidate)
        if len(chosen) == most:
            break
    return chosen


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes."""
    shared = _intersection(one, other)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def _candidates(salient: Floats) -> Iterator[Region]:
    height, width = salient.shape
    for threshold in _THRESHOLDS:
        labels, _ = ndimage.label(ndimage.binary_opening(salient > threshold))
        for number, (down, across) in enumerate(ndimage.find_objects(labels), 1):
            filled = int((labels[down, across] == number).sum())
            size = (down.stop - down.start) * (across.stop - across.start)
            if filled < _LEAST_AREA * salient.size or size > _MOST_AREA * salient.size:
                continue
            contrast = _contrast(salient, down, across)
            if contrast >= _LEAST_CONTRAST:
                score = contrast * (size / salient.size) ** 0.25 * min(1.0, filled / size + 0.2)
                box = (across.start / width, down.start / height)
                yield Region((*box, across.stop / width - box[0], down.stop / height - box[1]), score)


def _contrast(salient: Floats, down: slice, across: slice) -> float:
    """Return how much more salient a box is than what is around it."""
    wider = salient[
        max(0, down.start - _AROUND) : down.stop + _AROUND, max(0, across.start - _AROUND) : across.stop + _AROUND
    ]
    inside = salient[down, across]
    around = max(1, wider.size - inside.size)
    return float(inside.mean() - (wider.sum() - inside.sum()) / around)


def _from_border(features: Floats, ring: int) -> Floats:
    """Return each position's distance to the nearest cluster of the border's features: shape ``(rows, columns)``."""
    border = np.ones(features.shape[:2], bool)
    border[ring:-ring, ring:-ring] = False
    centers = np.unique(features[border], axis=0)
    if len(centers) > _CLUSTERS:
        centers, _ = kmeans2(centers, _CLUSTERS, iter=10, minit="++", rng=1)
    squares = ((features[:, :, None] - centers) ** 2).sum(axis=3)
    return np.asarray(np.sqrt(squares.min(axis=2)), np.float32)


def _scaled(distances: Floats) -> Floats:
    low, high = np.quantile(distances, 0.1), np.quantile(distances, 0.99)
    return np.asarray(np.clip((distances - low) / (high - low + 1e-6), 0, 1), np.float32)


def _is_same(one: Box, other: Box) -> bool:
    shared = _intersection(one, other)
    return overlap(one, other) >= _SAME or shared >= _INSIDE * min(one[2] * one[3], other[2] * other[3])


def _intersection(one: Box, other: Box) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, down)
