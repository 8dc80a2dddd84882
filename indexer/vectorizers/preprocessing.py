"""The preprocessing that a checkpoint expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.images.decoding.crop import ZOOM, Crop

Pixels = NDArray[np.uint8]

LEAST_SIDE = 300  # pixels that a decoded image's shorter side keeps: no preset looks at more


@dataclass(frozen=True)
class Preprocessing:
    """How a checkpoint expects images to be scaled and normalised."""

    size: tuple[int, int]  # height and width in pixels
    mean: tuple[float, ...]  # of each channel, for values in [0, 1]
    std: tuple[float, ...]
    interpolation: str  # a name of PIL.Image.Resampling

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the pixels that the model sees."""
        return {
            "size": self.size,
            "mean": self.mean,
            "std": self.std,
            "interpolation": self.interpolation,
            "fit": f"middle {ZOOM}",
        }

    @property
    def crop(self) -> Crop:
        """How an image is cropped to the expected size.

        The model itself normalises the pixels (`indexer.vectorizers.taps`), because bytes are a quarter of the data.
        """
        return Crop(*self.size, self.interpolation)
