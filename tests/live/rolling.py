"""A shop with trivial models, for tests that move it from one index to another."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from PIL import Image

from es_mappings import product
from es_mappings.layout import Vector
from indexer.catalog.events import Delete, Upsert
from indexer.catalog.products import parse_product
from indexer.elastic import loading
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.preparations import Preparation, Prepared
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.vectorizers import Vectorizers

FULL = os.environ.get("FAULTS") == "full"  # `make test-faults`

RAW = 24  # dimensions of a raw activation


@dataclass
class Dice:
    """A model that returns random activations, the same for the same picture and model."""

    name: str
    aspect: str = "look"
    seen: list[int] = field(default_factory=list)  # number of images in each call

    @property
    def manifest(self) -> dict[str, Any]:
        return {"model": self.name}

    @property
    def dims(self) -> int:
        return RAW

    @property
    def model(self) -> Dice:
        return self

    @property
    def preparation(self) -> Preparation:
        return Crop(8, 8, "box")

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        self.seen.append(len(prepared))
        return {self.aspect: self._activations(prepared)}

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Return activations of pictures that a fit takes again; `seen` counts those of products alone."""
        return self._activations([self.preparation(image) for image in images])

    def _activations(self, prepared: Sequence[Prepared]) -> Vector:
        seeds = [sha256(self.name.encode() + pixels.tobytes()).digest()[:8] for pixels in prepared]
        rows = [np.random.default_rng(int.from_bytes(s)).standard_normal(RAW) for s in seeds]
        return np.asarray(rows, np.float32)


class RollingShop:
    """A shop with an alias of its own."""

    def __init__(self, client: Elasticsearch, settings: Settings, folder: Path) -> None:
        self.index = ProductIndex(client, f"{settings.index_name}-r{secrets.token_hex(3)}")
        self.client, self.alias, self.folder = client, self.index.alias, folder
        self.source = ImageSource.from_settings(settings.model_copy(update={"image_roots": (folder,)}))
        self.models: list[Dice] = []

    def pipeline(self, model: str = "one") -> Pipeline:
        look, color = Dice(model), Dice("color", "color")
        self.models = [look, color]
        return Pipeline(self.index, self.source, Vectorizers({"look": look, "color": color}, {}), 32)

    def upsert(self, number: int, version: int = 1, **fields: Any) -> Upsert:
        picture = self.folder / f"{number % 1000}.png"
        if not picture.exists():
            Image.new("RGB", (32, 32), (number % 251, number * 7 % 251, number * 13 % 251)).save(picture)
        values = {
            "id": f"p-{number:05d}",
            "title": f"Thing {number}",
            "images": [picture.as_uri()],
            "version": version,
        }
        return Upsert(type="upsert", product=parse_product({**values, **fields}))

    def delete(self, number: int, version: int) -> Delete:
        return Delete(type="delete", id=f"p-{number:05d}", version=version)

    def write(self, *events: Upsert | Delete) -> None:
        outcome = loading.apply_events(self.index, events)
        assert not outcome.refused

    def open(self, products: int) -> None:
        """Write products and embed them."""
        self.index.ensure()
        self.write(*(self.upsert(n) for n in range(products)))
        self.embed()
        fit_space(self.index, self.pipeline().vectorizers)
        self.embed()

    def embed(self, model: str = "one") -> None:
        self.index.refresh()
        self.pipeline(model).vectorize(list(self.index.ids_without_vector()))
        self.index.refresh()

    def products(self, name: str | None = None) -> dict[str, dict[str, Any]]:
        """Return every product of an index, with its vector."""
        index = self.index.at(name or self.alias)
        index.refresh()
        hits = index.search(size=5_000, source={"exclude_vectors": False}, query=product.ALIVE, sort=["id"])["hits"][
            "hits"
        ]
        return {hit["_id"]: hit["_source"] for hit in hits}

    def spaces(self, name: str | None = None) -> set[str | None]:
        return {p["embedding"].get("space") for p in self.products(name).values()}
