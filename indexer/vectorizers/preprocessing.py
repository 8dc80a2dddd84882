"""What a model's weights expect of an image."""

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
    """What a model's weights expect of an image."""

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
        """Bring an image to the size that the weights expect.

        The pixels are scaled inside the model (`indexer.vectorizers.taps`): a quarter of the bytes travel to it.
        """
        return Crop(*self.size, self.interpolation)
