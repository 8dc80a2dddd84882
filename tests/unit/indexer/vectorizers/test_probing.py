"""A machine that can't run a model is told apart from an image that the model fails on."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from es_mappings.layout import Vector
from indexer.elastic.containment import concerns_all
from indexer.embedding.product_embedder import ProductEmbedder
from indexer.errors import DeviceError, ImageError, is_of_machine
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.preparations import Prepared
from indexer.vectorizers.base import ImageModels, ImageVectorizer, ProductFields

CROP = Crop(4, 4, "BICUBIC")
IMAGE = np.full(CROP.shape, 9, CROP.dtype)
POISON = np.full(CROP.shape, 255, CROP.dtype)


class _Gpu:
    """A model whose CUDA context fails for good at a poison image, if it is that kind of error."""

    preparation = CROP

    def __init__(self, error: Exception, *, recovers: bool) -> None:
        self.runs, self._error, self._recovers, self._failed = list[int](), error, recovers, False

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        self.runs.append(len(prepared))
        poisoned = any(image.max() == 255 for image in prepared)
        if poisoned or self._failed:
            self._failed = not self._recovers
            raise self._error
        return {"look": np.stack(prepared).reshape(len(prepared), -1).astype(np.float32)}


def _models(gpu: _Gpu) -> ImageModels:
    return ImageModels([cast(ImageVectorizer, cast(Any, SimpleNamespace(model=gpu)))])


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: device-side assert triggered\nCUDA kernel errors might be reported later"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 MiB."),
    ],
)
def test_a_machine_is_at_fault_where_a_blank_image_fails_too(error: Exception) -> None:
    gpu = _Gpu(error, recovers=False)
    with pytest.raises(DeviceError, match="RuntimeError: CUDA") as raised:
        _models(gpu)([[IMAGE], [POISON], [IMAGE]])
    assert gpu.runs == [3, 1]
    assert "\n" not in str(raised.value)
    assert is_of_machine(raised.value)
    assert concerns_all(raised.value)  # no batch is split for it
    with pytest.raises(DeviceError):
        _models(gpu)([[IMAGE]])


def test_an_image_is_at_fault_where_a_blank_one_passes() -> None:
    gpu = _Gpu(RuntimeError("CUDA error: a bug in a kernel"), recovers=True)
    with pytest.raises(RuntimeError, match="a bug in a kernel"):
        _models(gpu)([[IMAGE], [POISON]])
    assert _models(gpu)([[IMAGE]])["look"].shape == (1, 48)


def test_an_error_that_says_what_is_wrong_is_not_probed() -> None:
    gpu = _Gpu(ImageError("it is black"), recovers=True)
    with pytest.raises(ImageError):
        _models(gpu)([[POISON]])
    assert gpu.runs == [1]


def test_a_model_of_texts_is_probed_as_well() -> None:
    class _Text:
        keeps, works = False, True

        def key(self, product: ProductFields) -> str:
            return product.title

        def __call__(self, products: Sequence[ProductFields]) -> Vector:
            if not self.works or any(product.title == "poison" for product in products):
                raise RuntimeError("CUDA error: device-side assert triggered")
            return np.ones((len(products), 2), np.float32)

    text: Any = _Text()
    embed = ProductEmbedder(cast(Any, None), {"text": text}, "float32")
    assert embed({"a": ProductFields("mug")})["a"]["text"].tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="device-side"):
        embed({"a": ProductFields("mug"), "b": ProductFields("poison")})
    text.works = False
    with pytest.raises(DeviceError):
        embed({"a": ProductFields("mug")})
