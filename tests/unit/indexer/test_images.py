import io
import os
from pathlib import Path

import pytest
from PIL import Image

from indexer.errors import ImageError
from indexer.images import ImageSource, decode


def _file(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


RED = Image.new("RGB", (60, 40), (200, 10, 10))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "red.png").write_bytes(_file(RED, "PNG"))
    (tmp_path / "secret.png").write_bytes(_file(RED, "PNG"))
    return tmp_path / "images"


def test_a_file_under_a_root_is_read(root: Path) -> None:
    assert decode(ImageSource((root,)).fetch((root / "red.png").as_uri())).size == (60, 40)


def test_nothing_else_is_read(root: Path) -> None:
    (root / "link.png").symlink_to(root.parent / "secret.png")
    os.mkfifo(root / "pipe.png")
    source = ImageSource((root,))
    outside = "outside the folders"
    for address, why in {
        (root.parent / "secret.png").as_uri(): outside,
        f"file://{root}/../secret.png": outside,
        f"file://{root}/%2e%2e/secret.png": outside,
        (root / "link.png").as_uri(): outside,
        (root / "pipe.png").as_uri(): "not a regular file",
        root.as_uri(): "not a regular file",
        (root / "none.png").as_uri(): "no image file",
        "file:///proc/self/environ": outside,
        "/etc/passwd": "not from 'a bare path'",
        "ftp://shop.example/a.png": "not from 'ftp'",
        "http://[": "can't be read",
        f"file://{root}/a\0b.png": "can't be read",
    }.items():
        with pytest.raises(ImageError, match=why):
            source.fetch(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_hosts_without_public_address_are_refused(host: str) -> None:
    with pytest.raises(ImageError, match="isn't public"):
        ImageSource().fetch(f"http://{host}:9/x.png")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not an image"),
        (b"<html>", "not an image"),
        (_file(RED, "PNG")[:60], "broken"),
        (_file(RED, "JPEG")[:200], "broken"),
        (_file(RED, "PPM"), "not an image, or not of a format"),
    ],
)
def test_what_is_no_image_is_named(data: bytes, why: str) -> None:
    with pytest.raises(ImageError, match=why):
        decode(data)


def test_too_many_pixels_are_refused_before_decoding() -> None:
    with pytest.raises(ImageError, match="50 megapixels"):
        decode(_file(Image.new("1", (9_000, 9_000)), "PNG"))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "RGBA", "1", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    form = "TIFF" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (8, 8), 65_535) if mode == "I;16" else RED.resize((8, 8)).convert(mode)
    assert decode(_file(image, form)).mode == "RGB"


def test_transparent_is_white_and_sixteen_bits_keep_their_brightness() -> None:
    assert decode(_file(Image.new("RGBA", (4, 4), (255, 0, 0, 0)), "PNG")).getpixel((1, 1)) == (255, 255, 255)
    assert decode(_file(Image.new("I;16", (4, 4), 128 * 257), "PNG")).getpixel((1, 1)) == pytest.approx(
        (128,) * 3, abs=1
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    upright = Image.new("RGB", (40, 20), "white")
    upright.paste((255, 0, 0), (0, 0, 20, 10))
    inverse = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = upright if inverse is None else upright.transpose(Image.Transpose(inverse))
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = decode(_file(stored, "JPEG", exif=exif, quality=95))
    assert shown.size == (40, 20)
    assert shown.getpixel((5, 5))[1] < 60 < shown.getpixel((30, 15))[1]  # type: ignore[index]


def test_large_jpegs_are_decoded_at_a_reduced_scale() -> None:
    big = _file(Image.new("RGB", (2_400, 1_600)), "JPEG")
    assert decode(big).size == (2_400, 1_600)
    width, height = decode(big, least_side=300).size
    assert 600 <= min(width, height) < 1_600
