"""A pipeline whose images and models cost nothing, so that reading and writing Elasticsearch is all that takes time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.images.decoder import Decoder
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.preparations import Preparation, Prepared
from indexer.images.fetching import ImageSource
from indexer.images.responses import Fetched, Validators
from indexer.settings import Settings
from indexer.vectorizers import Vectorizers
from indexer.vectorizers.base import ProductFields
from indexer.vectorizers.text import text_key

_CNN = {"look": 1280, "style": 272, "parts": 1664}  # dimensions of EfficientNet-Lite2's activations
_COLOR, _TEXT = 94, 384  # dimensions


def simulated_pipeline(index: ProductIndex, settings: Settings) -> Pipeline:
    """Make a pipeline of random activations, of the sizes that the default models have."""
    model = _Model(_CNN)
    images = {aspect: _Images(aspect, model) for aspect in ("look", "style")}
    images["color"] = _Images("color", _Model({"color": _COLOR}))
    vectorizers = Vectorizers(images, {"text": _Texts()}, settings.keep_as, {"parts": _Images("parts", model)})
    return Pipeline(index, _Source(), vectorizers, settings.batch_size)


class _Decoder(Decoder):
    def prepare(self, data: bytes, preparations: tuple[Preparation, ...], *, least_side: int = 0) -> list[Prepared]:
        del data, least_side
        return [np.empty(0) for _ in preparations]


class _Source(ImageSource):
    """Each address has an image of its own, of a few bytes."""

    def __init__(self) -> None:
        super().__init__(decoder=_Decoder())

    def fetch_if_changed(self, address: str, known: Validators) -> Fetched:
        del known
        return Fetched(b"\xff\xd8" + address.encode() + b"\xff\xd9", Validators('"1"'))


@dataclass
class _Model:
    dims: Mapping[str, int]
    preparation: Preparation = field(default_factory=lambda: Crop(1, 1, "BICUBIC"))

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        draw = np.random.default_rng()
        return {aspect: draw.random((len(prepared), dims), np.float32) for aspect, dims in self.dims.items()}


@dataclass
class _Images:
    aspect: str
    model: _Model

    @property
    def manifest(self) -> dict[str, Any]:
        return {"aspect": self.aspect, "model": "simulated"}

    @property
    def dims(self) -> int:
        return self.model.dims[self.aspect]

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        return self.model.run([np.asarray(image) for image in images])[self.aspect]


class _Texts:
    dims, keeps = _TEXT, True

    @property
    def manifest(self) -> dict[str, Any]:
        return {"aspect": "text", "model": "simulated"}

    def key(self, product: ProductFields) -> str:
        return text_key(product)

    def __call__(self, products: Sequence[ProductFields]) -> Vector:
        seeds = (int(sha256(product.title.encode()).hexdigest()[:8], 16) for product in products)
        return np.stack([np.random.default_rng(seed).random(_TEXT, np.float32) for seed in seeds])
