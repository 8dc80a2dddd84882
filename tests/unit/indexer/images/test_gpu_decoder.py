"""JPEGs decoded by torchvision: on the CPU, and by the same code on a GPU if this machine has one."""

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

PREPARATIONS: tuple[Preparation, ...] = (Crop(96, 96, "bicubic"), Crop(64, 80, "bilinear"), Palette())
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
def test_prepared_images_look_as_those_of_a_decoder_process(
    processes: Decoder, device: str, size: tuple[int, int]
) -> None:
    for options in ({"quality": 92}, {"quality": 92, "progressive": True}):
        data = encode(_picture(*size), "JPEG", **options)
        expected = processes.prepare(data, PREPARATIONS)
        with GpuDecoder(1, device=device) as decoder:
            arrays = decoder.prepare(data, PREPARATIONS)
            assert not decoder._all  # no process was started
        assert [(a.shape, a.dtype) for a in arrays] == [(e.shape, e.dtype) for e in expected]
        for crop, expected_crop in zip(arrays[:2], expected[:2], strict=True):
            assert np.abs(crop.astype(int) - expected_crop).mean() < 1
        assert float(arrays[2] @ expected[2]) > 0.99


@pytest.mark.parametrize("kind", NOT_PLAIN)
def test_other_files_go_to_a_decoder_process(processes: Decoder, kind: str) -> None:
    data = NOT_PLAIN[kind]
    assert not is_plain(data)
    with GpuDecoder(1, device=DEVICES[-1]) as decoder:
        arrays, expected = decoder.prepare(data, PREPARATIONS), processes.prepare(data, PREPARATIONS)
        for array, expected_array in zip(arrays, expected, strict=True):
            np.testing.assert_array_equal(array, expected_array)


def test_a_preparation_that_torch_lacks_goes_to_a_decoder_process(processes: Decoder) -> None:
    data, lanczos = encode(_picture(), "JPEG"), (Crop(96, 96, "lanczos"),)
    with GpuDecoder(1, device=DEVICES[-1]) as decoder:
        np.testing.assert_array_equal(decoder.prepare(data, lanczos)[0], processes.prepare(data, lanczos)[0])


def test_a_broken_file_is_refused_with_the_same_reason() -> None:
    data = encode(_picture(), "JPEG")
    with GpuDecoder(1, device=DEVICES[-1]) as decoder:
        for broken in (data[:300], b"", b"no image", data[:2] + bytes(400)):
            with pytest.raises(ImageError, match=r"broken|not an image"):
                decoder.prepare(broken, PREPARATIONS)
