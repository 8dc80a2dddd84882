"""The color aspect: the product's colours, without the backdrop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer.images.decoding.palette import Palette
from indexer.images.decoding.preparations import Prepared
from indexer.settings import Settings


class ColorVectorizer:
    """Returns a soft histogram of the product's colours over a palette in CIELAB, which `Palette` computes."""

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
        """Itself: no network is needed."""
        return self

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        """Stack the histograms of several images."""
        return {"color": np.stack(prepared)}

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Count the colours of each image: shape ``(len(images), dims)``, rows of unit length."""
        return self.run([self.preparation(image) for image in images])["color"]


def load(_: Settings) -> dict[str, ColorVectorizer]:
    """Return the vectorizer of the aspect."""
    return {"color": ColorVectorizer()}
