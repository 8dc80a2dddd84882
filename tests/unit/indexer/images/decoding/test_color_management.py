"""Colours of images with profiles of every kind, compared with Pillow's conversion of the bare colours."""

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from indexer.images.decoding.color_management import foreign_profile
from indexer.images.decoding.decoding import decode
from tests.images import encode

# XYZ of the primaries, adapted to D50: sRGB's, and those of Adobe RGB (1998), annex C.
SRGB = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7142))
WIDE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def _profile(model: bytes, gamma: float, name: str, primaries: tuple[tuple[float, ...], ...] = ()) -> bytes:
    """Write a display profile (ICC.1:2001-04): a gamma, and primaries unless it is grey."""

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65_536) for v in values))

    text = name.encode() + b"\0"
    curve = struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))
    tags = {
        b"desc": struct.pack(">4s4xI", b"desc", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
    }
    if model == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
        tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, primaries), strict=True))
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, value in tags.items():
        table += tag + struct.pack(">2I", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    header = struct.pack(">I4xI4s4s4s12x4s28x3i48x", start + len(body), 0x02400000, b"mntr", model, b"XYZ ", b"acsp",
                         63_190, 65_536, 54_061)  # fmt: skip
    return header + struct.pack(">I", len(tags)) + table + body


GREY = _profile(b"GRAY", 1.0, "Linear grey")
ADOBE = _profile(b"RGB ", 2.2, "Wide", WIDE)
LINEAR_SRGB = _profile(b"RGB ", 1.0, "sRGB, linear", SRGB)


def _ramp() -> Image.Image:
    across, down = np.meshgrid(*[np.linspace(0, 255, 64).astype(np.uint8)] * 2)
    return Image.fromarray(np.stack([across, down, 255 - across], axis=-1))


def _converted(colors: Image.Image, profile: bytes) -> NDArray[np.float64]:
    own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(colors, own, srgb, outputMode="RGB"), np.float64)


def _decoded(image: Image.Image, profile: bytes, form: str = "PNG") -> NDArray[np.float64]:
    return np.asarray(decode(encode(image, form, icc_profile=profile)), np.float64)


@pytest.mark.parametrize("profile", [ADOBE, LINEAR_SRGB], ids=["wide", "linear sRGB"])
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_colors_are_converted(profile: bytes, form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    image = _ramp()
    decoded = np.asarray(decode(encode(image, form, icc_profile=profile, **options)), np.float64)
    np.testing.assert_allclose(decoded, _converted(image, profile), atol=2)
    assert np.abs(decoded - np.asarray(image)).max() > 20


@pytest.mark.parametrize("alpha", [0, 77, 200, 255])
def test_colors_are_converted_before_they_are_blended(alpha: int) -> None:
    image = _ramp()
    expected = (_converted(image, ADOBE) * alpha + 255 * (255 - alpha)) / 255
    image.putalpha(alpha)
    np.testing.assert_allclose(_decoded(image, ADOBE), expected, atol=2)


def test_a_palettes_colors_are_converted() -> None:
    image = _ramp().quantize(64)
    expected = _converted(image.convert("RGB"), ADOBE)
    np.testing.assert_allclose(_decoded(image, ADOBE), expected, atol=2)
    visible = np.asarray(image) != 0
    image.info["transparency"] = 0
    np.testing.assert_allclose(_decoded(image, ADOBE)[visible], expected[visible], atol=2)


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_greys_are_converted(mode: str) -> None:
    grey = _ramp().getchannel("R")
    expected = _converted(grey, GREY)
    assert np.abs(expected[..., 0] - np.asarray(grey)).max() > 20
    np.testing.assert_allclose(_decoded(grey.convert(mode), GREY), expected, atol=2)


@pytest.mark.parametrize(
    ("image", "profile"), [(_ramp(), GREY), (_ramp().convert("L"), ADOBE), (_ramp(), b"no profile")]
)
def test_a_profile_of_another_model_or_none_is_ignored(image: Image.Image, profile: bytes) -> None:
    np.testing.assert_array_equal(_decoded(image, profile), np.asarray(image.convert("RGB")))


def test_srgb_by_whatever_profile_stays_as_it_is() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_array_equal(_decoded(_ramp(), srgb), np.asarray(_ramp()))
    assert foreign_profile(srgb) is None
    assert foreign_profile(LINEAR_SRGB) is not None


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_large_images_are_reduced_with_their_colors(mode: str) -> None:
    profile, colors = (ADOBE, "RGB") if mode == "RGBA" else (GREY, "L")
    image = _ramp().resize((640, 640), Image.Resampling.NEAREST).convert(mode)
    reduced = decode(encode(image, "PNG", icc_profile=profile), least_side=32)
    assert reduced.size == (64, 64)
    np.testing.assert_allclose(np.asarray(reduced), _converted(_ramp().convert(colors), profile), atol=3)
