"""The pictures of the chaos shop: a file for each name, and the vector that each must have in a vector space."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.elastic.product_index import ProductIndex
from indexer.errors import SpaceError
from indexer.images.decoding.preparations import Prepared
from indexer.spaces.vector_space import VectorSpace, load_space
from indexer.vectorizers import Vectorizers
from tests.live.rolling import Dice

_SECONDS = 0.05  # a batch: long enough for a product to change, or a process to die, meanwhile


class SlowDice(Dice):
    """Random activations, the same for the same picture, after a while."""

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        time.sleep(_SECONDS)
        return super().run(prepared)


def vectorizers(_: object = None) -> Vectorizers:
    """Return the models of the shop's processes."""
    return Vectorizers({"look": SlowDice("one"), "color": SlowDice("color", "color")}, {})


class Pictures:
    """Draws pictures, and says whether a vector is that of a picture.

    Parameters
    ----------
    index : ProductIndex
        Whose vector spaces are meant, by a client that no fault disturbs.
    """

    def __init__(self, folder: Path, index: ProductIndex) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._index = folder, index
        self._models = [Dice("one"), Dice("color", "color")]
        self._space = lru_cache(maxsize=64)(self._load)
        self._expected = lru_cache(maxsize=10_000)(self._compose)

    def address(self, name: str) -> str:
        """Return the address of a picture, which is drawn if there is none yet."""
        file = self.folder / name
        if not file.exists():
            seed = int.from_bytes(sha256(name.encode()).digest()[:8])
            blocks = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8)
            drawn = file.with_suffix(".part")
            Image.fromarray(blocks).resize((32, 32), Image.Resampling.NEAREST).save(drawn, "PNG")
            drawn.replace(file)
        return file.as_uri()

    def fits(self, values: str | list[float], space: str, name: str) -> bool:
        """Return whether a stored vector is the one that a picture has in a vector space."""
        try:
            expected = self._expected(space, name)
        except (SpaceError, FileNotFoundError):
            return False
        stored = vector(values)
        norm = float(np.linalg.norm(stored) * np.linalg.norm(expected))
        return stored.shape == expected.shape and norm > 0 and float(stored @ expected) / norm > 0.999

    def _compose(self, space: str, name: str) -> Vector:
        with Image.open(self.folder / name) as image:
            raw = {model.aspect: model([image.convert("RGB")])[0] for model in self._models}
        return self._space(space).compose(raw)

    def _load(self, space: str) -> VectorSpace:
        return load_space(self._index, space)
