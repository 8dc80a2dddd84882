from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from es_mappings.layout import Vector
from indexer.activations.activation_store import AspectStore
from indexer.elastic.product_index import ProductIndex
from indexer.errors import ImageUnavailableError
from indexer.images.fetching import ImageSource
from indexer.spaces.retaking import retake
from indexer.vectorizers.base import ImageVectorizer

COLORS = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]


class _Index:
    def __init__(self, products: list[dict[str, Any]]) -> None:
        self._products = products

    def random_products(self, size: int, fields: list[str]) -> Iterator[dict[str, Any]]:
        assert fields == ["embedding.image", "embedding.image_digest"]
        return iter(self._products[:size])


class _Store:
    def get(self, digests: Sequence[str]) -> dict[str, Vector]:
        """Return each image's number in three dimensions; 9 was never embedded."""
        return {d: np.full(3, int(d), np.float32) for d in digests if d != "9"}


class _MeanColor:
    dims = 3

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        return np.stack([np.asarray(image, np.float32).mean(axis=(0, 1)) for image in images])


def test_pictures_are_taken_again_in_the_order_of_their_stored_activations(tmp_path: Path) -> None:
    for number, color in enumerate(COLORS):
        Image.new("RGB", (320, 320), color).save(tmp_path / f"{number}.png")
    embeddings = [{"image": (tmp_path / f"{n}.png").as_uri(), "image_digest": str(n)} for n in (2, 0, 2, 1)]
    gone = {"image": (tmp_path / "gone.png").as_uri(), "image_digest": "5"}
    lost = {"image": (tmp_path / "0.png").as_uri(), "image_digest": "9"}
    products: list[dict[str, Any]] = [{"embedding": e} for e in (*embeddings, gone, lost)]
    found = retake(
        cast("ProductIndex", _Index([*products, {}])),
        ImageSource((tmp_path,)),
        cast("AspectStore", _Store()),
        cast("ImageVectorizer", _MeanColor()),
    )
    # Each picture once; those that are gone, or have no activation, are left out.
    assert [row[0] for row in found.images] == [2, 0, 1]
    assert [int(row.argmax()) for row in found.retaken] == [2, 0, 1]
    assert len({row.tobytes() for row in found.retaken}) == 3


def test_a_shop_whose_pictures_are_all_gone_has_none_and_is_asked_for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(_: ImageSource, address: str) -> bytes:
        asked.append(address)
        raise ImageUnavailableError(address)

    monkeypatch.setattr(ImageSource, "fetch", fetch)
    products = [{"embedding": {"image": f"file:///nowhere/{n}.png", "image_digest": str(n)}} for n in range(300)]
    index, store = cast("ProductIndex", _Index(products)), cast("AspectStore", _Store())
    found = retake(index, ImageSource(), store, cast("ImageVectorizer", _MeanColor()))
    assert found.images.shape == found.retaken.shape == (0, 3)
    assert len(asked) == 10
