"""Interfaces of vectorizers and of the models behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer.catalog.products import EMBEDDED_FIELDS
from indexer.images.decoding.preparations import Preparation, Prepared
from indexer.vectorizers.probing import run_probed


class Vectorizer(Protocol):
    """What vectorizers of images and of products have in common."""

    @property
    def manifest(self) -> dict[str, Any]:
        """All that decides the activations: model, layer, preprocessing, checkpoint."""

    @property
    def dims(self) -> int:
        """Length of an activation."""


class ImageModel(Protocol):
    """Computes the activations of one or several aspects in one pass over the images."""

    @property
    def preparation(self) -> Preparation:
        """How decoder processes prepare an image for it."""

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        """Embed prepared images: aspect to ``(len(prepared), dims)``."""


@runtime_checkable
class ImageVectorizer(Vectorizer, Protocol):
    """Turns images into raw activations."""

    @property
    def model(self) -> ImageModel:
        """What computes the activations; vectorizers can share one, and its pass over the images."""

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Embed upright RGB images: shape ``(len(images), dims)``."""


class ImageModels:
    """The models behind vectorizers, each once: aspects that share one share its pass over the images.

    Attributes
    ----------
    preparations : tuple
        How each model needs an image prepared.
    """

    def __init__(self, vectorizers: Iterable[ImageVectorizer]) -> None:
        self._models = list({id(v.model): v.model for v in vectorizers}.values())
        self.preparations = tuple(model.preparation for model in self._models)

    def __call__(self, prepared: Sequence[Sequence[Prepared]]) -> dict[str, Vector]:
        """Run each model once on images prepared by ``preparations``: aspect to ``(len(prepared), dims)``.

        Raises
        ------
        DeviceError
            This machine can't run a model any more, whatever the image.
        """
        activations: dict[str, Vector] = {}
        for model, inputs in zip(self._models, zip(*prepared, strict=True), strict=True):
            activations |= run_probed(model.run, inputs, partial(_blank_image, model.preparation))
        return activations


def _blank_image(preparation: Preparation) -> Prepared:
    return np.zeros(preparation.shape, preparation.dtype)


@dataclass(frozen=True)
class ProductFields:
    """The fields of a product that its text and attributes are embedded from."""

    NAMES: ClassVar = tuple(name for name in EMBEDDED_FIELDS if name != "images")

    title: str
    description: str = ""
    brand: str | None = None
    category: tuple[str, ...] = ()  # broad to narrow
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_source(cls, source: Mapping[str, Any]) -> ProductFields:
        """Read the fields of a product document's ``_source``."""
        return cls(
            source["title"],
            source.get("description") or "",
            source.get("brand"),
            tuple(source.get("category") or ()),
            source.get("attributes") or {},
        )


def blank_product() -> ProductFields:
    """Return a product to probe a model with."""
    return ProductFields("blank")


@runtime_checkable
class ProductVectorizer(Vectorizer, Protocol):
    """Turns the fields of products into raw activations."""

    @property
    def keeps(self) -> bool:
        """Whether activations are kept, because computing one costs more than reading it."""

    def key(self, product: ProductFields) -> str:
        """Return a digest of all that the product's activation is made from, under which it is kept."""

    def __call__(self, products: Sequence[ProductFields]) -> Vector:
        """Embed products: shape ``(len(products), dims)``, zeros for a product with nothing to embed."""
