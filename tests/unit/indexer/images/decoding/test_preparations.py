"""Preparations: recipes and concatenated arrays."""

import numpy as np
from PIL import Image

from indexer.images.decoding.crop import Crop
from indexer.images.decoding.palette import Palette
from indexer.images.decoding.preparations import parse, serialize, size_in_bytes, unpack

PREPARATIONS = (Crop(3, 5, "bicubic"), Palette())


def test_serialized_preparations_are_parsed_again() -> None:
    assert serialize(PREPARATIONS).startswith(b'[["Crop", {"height": 3, "width": 5')
    assert parse(serialize(PREPARATIONS)) == PREPARATIONS


def test_each_returns_its_declared_shape_and_type() -> None:
    for size in ((1, 1), (400, 300), (2_000, 3)):
        for preparation in PREPARATIONS:
            array = preparation(Image.new("RGB", size, (7, 90, 180)))
            assert (array.shape, array.dtype) == (preparation.shape, preparation.dtype)


def test_concatenated_arrays_are_unpacked() -> None:
    crop = np.arange(45, dtype=np.uint8).reshape(3, 5, 3)
    palette = np.arange(len(Palette()(Image.new("RGB", (1, 1)))), dtype=np.float32)
    data = crop.tobytes() + palette.tobytes()
    assert size_in_bytes(PREPARATIONS) == len(data)
    for array, expected in zip(unpack(data, PREPARATIONS), (crop, palette), strict=True):
        np.testing.assert_array_equal(array, expected)
