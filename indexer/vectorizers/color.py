"""The color aspect: which colours the product has, the backdrop left aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer.images.decoding.palette import Palette
from indexer.images.decoding.preparations import Prepared


class ColorVectorizer:
    """A soft histogram of the product's colours over a palette in CIELAB; all the work is in `Palette`."""

    preparation = Palette()

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the histogram."""
        return {"aspect": "color", "histogram": "cielab-foreground", "revision": 1, "dims": self.dims}

    @property
    def dims(self) -> int:
        """Colours of the palette."""
        return self.preparation.shape[0]

    @property
    def model(self) -> ColorVectorizer:
        """What makes the histograms: itself."""
        return self

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        """Put the histograms of several images together."""
        return {"color": np.stack(prepared)}

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Count the colours of each image: shape ``(len(images), dims)``, rows of unit length."""
        return self.run([self.preparation(image) for image in images])["color"]
