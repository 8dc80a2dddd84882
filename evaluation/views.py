"""A look that is averaged over several views of a picture: mirrored, or cropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from es_mappings.layout import Vector
from indexer.vectorizers.base import ImageModel, ImageVectorizer

View = Callable[[Image.Image], Image.Image]

_CROP = 0.8  # sides of a crop, of the picture's


def _corner(across: int, down: int) -> View:
    def crop(image: Image.Image) -> Image.Image:
        width, height = round(image.width * _CROP), round(image.height * _CROP)
        left, top = across * (image.width - width), down * (image.height - height)
        return image.crop((left, top, left + width, top + height))

    return crop


def _whole(image: Image.Image) -> Image.Image:
    return image


VIEWS: Mapping[str, tuple[View, ...]] = {
    "mirrored": (_whole, ImageOps.mirror),
    "corners": (_whole, *(_corner(across, down) for across in (0, 1) for down in (0, 1))),
}


class Averaged:
    """A vectorizer's mean activation of several views of each image, each of which costs a pass.

    Parameters
    ----------
    vectorizer : ImageVectorizer
    views : str
        A key of `VIEWS`.
    """

    def __init__(self, vectorizer: ImageVectorizer, views: str) -> None:
        self._vectorizer, self._views = vectorizer, views

    @property
    def model(self) -> ImageModel:
        """The vectorizer's model."""
        return self._vectorizer.model

    @property
    def manifest(self) -> dict[str, Any]:
        """That of the vectorizer, and the views."""
        return {**self._vectorizer.manifest, "views": self._views}

    @property
    def dims(self) -> int:
        """Length of an activation."""
        return self._vectorizer.dims

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Embed upright RGB images: shape ``(len(images), dims)``."""
        passes = [self._vectorizer([view(image) for image in images]) for view in VIEWS[self._views]]
        return np.asarray(np.mean(passes, axis=0), np.float32)
