"""JPEGs decoded by torchvision: on a GPU where there is one, and by the same code on the CPU."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from indexer.errors import ImageError
from indexer.images.decoder import Decoder
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.palette import Palette
from indexer.images.decoding.preparations import Preparation
from indexer.images.gpu_decoder import GpuDecoder, is_plain
from tests.images import encode

WANTED: tuple[Preparation, ...] = (Crop(96, 96, "bicubic"), Crop(64, 80, "bilinear"), Palette())
DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def _picture(width: int = 260, height: int = 340) -> Image.Image:
    coarse = np.random.default_rng(4).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def _turned() -> dict[str, Any]:
    exif = Image.Exif()
    exif[0x0112] = 6
    return {"exif": exif}


LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
NOT_PLAIN = {
    "png": encode(_picture(), "PNG"),
    "grey": encode(_picture().convert("L"), "JPEG"),
    "cmyk": encode(_picture().convert("CMYK"), "JPEG"),
    "turned": encode(_picture(), "JPEG", **_turned()),
    "profile": encode(_picture(), "JPEG", icc_profile=LAB),
}


@pytest.fixture(scope="module")
def processes() -> Iterator[Decoder]:
    with Decoder(1) as decoder:
        yield decoder


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("size", [(260, 340), (1, 1), (500, 300)])
def test_what_is_prepared_looks_as_a_decoder_process_prepares_it(
    processes: Decoder, device: str, size: tuple[int, int]
) -> None:
    for options in ({"quality": 92}, {"quality": 92, "progressive": True}):
        data = encode(_picture(*size), "JPEG", **options)
        expected = processes.prepare(data, WANTED)
        with GpuDecoder(1, device=device) as decoder:
            made = decoder.prepare(data, WANTED)
            assert not decoder._all  # no process was asked
        assert [(m.shape, m.dtype) for m in made] == [(e.shape, e.dtype) for e in expected]
        for ours, theirs in zip(made[:2], expected[:2], strict=True):
            assert np.abs(ours.astype(int) - theirs).mean() < 3
        assert float(made[2] @ expected[2]) > 0.99


@pytest.mark.parametrize("kind", NOT_PLAIN)
def test_what_is_no_plain_jpeg_is_left_to_a_decoder_process(processes: Decoder, kind: str) -> None:
    data = NOT_PLAIN[kind]
    assert not is_plain(data)
    with GpuDecoder(1, device=DEVICES[-1]) as decoder:
        for ours, theirs in zip(decoder.prepare(data, WANTED), processes.prepare(data, WANTED), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_preparation_that_torch_does_not_have_is_left_too(processes: Decoder) -> None:
    data, wanted = encode(_picture(), "JPEG"), (Crop(96, 96, "lanczos"),)
    with GpuDecoder(1, device=DEVICES[-1]) as decoder:
        np.testing.assert_array_equal(decoder.prepare(data, wanted)[0], processes.prepare(data, wanted)[0])


def test_a_broken_file_is_named_as_ever() -> None:
    data = encode(_picture(), "JPEG")
    with GpuDecoder(1, device=DEVICES[-1]) as decoder:
        for broken in (data[:300], b"", b"no image", data[:2] + bytes(400)):
            with pytest.raises(ImageError, match=r"broken|not an image"):
                decoder.prepare(broken, WANTED)
