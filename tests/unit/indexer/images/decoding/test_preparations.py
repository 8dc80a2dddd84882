"""Recipes that decoder processes are told of by name."""

import numpy as np
from PIL import Image

from indexer.images.decoding import preparations
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.palette import Palette

WANTED = (Crop(3, 5, "bicubic"), Palette())


def test_preparations_are_found_again_by_their_names() -> None:
    assert preparations.named(WANTED).startswith(b'[["Crop", {"height": 3, "width": 5')
    assert preparations.find(preparations.named(WANTED)) == WANTED


def test_each_gives_what_it_says() -> None:
    for size in ((1, 1), (400, 300), (2_000, 3)):
        for preparation in WANTED:
            made = preparation(Image.new("RGB", size, (7, 90, 180)))
            assert (made.shape, made.dtype) == (preparation.shape, preparation.dtype)


def test_arrays_laid_one_after_another_are_taken_apart() -> None:
    crop = np.arange(45, dtype=np.uint8).reshape(3, 5, 3)
    palette = np.arange(len(Palette()(Image.new("RGB", (1, 1)))), dtype=np.float32)
    laid = crop.tobytes() + palette.tobytes()
    assert preparations.size(WANTED) == len(laid)
    for made, expected in zip(preparations.unpack(laid, WANTED), (crop, palette), strict=True):
        np.testing.assert_array_equal(made, expected)
