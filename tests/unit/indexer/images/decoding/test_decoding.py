import io

import pytest
from PIL import Image

from indexer.images.decoding.decoding import MAX_SCANS, RefusedError, decode, is_cut_off


def _file(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


RED = Image.new("RGB", (60, 40), (200, 10, 10))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not an image"),
        (b"<html>", "not an image"),
        (_file(RED, "PNG")[:60], "broken"),
        (_file(RED, "JPEG")[:200], "broken"),
        (_file(RED, "PPM"), "not an image, or in a format"),
    ],
)
def test_files_that_are_no_images_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        decode(data)


def test_too_many_pixels_are_refused_before_decoding() -> None:
    with pytest.raises(RefusedError, match="50 megapixels"):
        decode(_file(Image.new("1", (9_000, 9_000)), "PNG"))


def test_a_jpeg_of_more_scans_than_an_encoder_writes_is_refused_before_decoding() -> None:
    progressive = _file(Image.effect_noise((200, 200), 60).convert("RGB"), "JPEG", progressive=True)
    scans = progressive.count(b"\xff\xda")
    assert 5 < scans < MAX_SCANS
    decode(progressive)
    last = progressive.rindex(b"\xff\xda")
    again = progressive[last:-2]
    with pytest.raises(RefusedError, match="more than 100 scans"):
        decode(progressive[:-2] + again * (MAX_SCANS + 1 - scans) + progressive[-2:])


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "RGBA", "1", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    form = "TIFF" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (8, 8), 65_535) if mode == "I;16" else RED.resize((8, 8)).convert(mode)
    assert decode(_file(image, form)).mode == "RGB"


def test_transparent_becomes_white_and_sixteen_bits_keep_their_brightness() -> None:
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
    image = decode(_file(stored, "JPEG", exif=exif, quality=95))
    assert image.size == (40, 20)
    assert image.getpixel((5, 5))[1] < 60 < image.getpixel((30, 15))[1]  # type: ignore[index]


def test_large_jpegs_are_decoded_at_a_reduced_scale() -> None:
    big = _file(Image.new("RGB", (2_400, 1_600)), "JPEG")
    assert decode(big).size == (2_400, 1_600)
    width, height = decode(big, least_side=300).size
    assert 600 <= min(width, height) < 1_600


def _photograph(height: int = 160, **options: object) -> bytes:
    noise = Image.effect_noise((120, height), 90).convert("RGB")
    return _file(noise, "JPEG", quality=90, **options)


@pytest.mark.parametrize("least_side", [0, 20])
def test_a_jpeg_that_was_cut_off_is_used_as_far_as_it_goes(least_side: int) -> None:
    whole = _photograph()
    part = whole[: int(len(whole) * 0.8)]
    assert is_cut_off(part)
    assert not is_cut_off(whole)
    ours, all_of_it = decode(part, least_side=least_side), decode(whole, least_side=least_side)
    assert ours.width == all_of_it.width
    assert 0.55 < ours.height / all_of_it.height < 0.85
    assert ours.tobytes() == all_of_it.crop((0, 0, *ours.size)).tobytes()


def test_a_jpeg_that_was_cut_off_early_is_refused() -> None:
    whole = _photograph()
    with pytest.raises(RefusedError, match=r"cut off after \d+ of 160 rows"):
        decode(whole[: int(len(whole) * 0.3)])


def test_a_progressive_jpeg_that_was_cut_off_has_the_scans_that_are_there() -> None:
    whole = _photograph(progressive=True)
    ours, all_of_it = decode(whole[: int(len(whole) * 0.6)]), decode(whole)
    assert ours.size == all_of_it.size
    pairs = zip(ours.convert("L").tobytes(), all_of_it.convert("L").tobytes(), strict=True)
    assert sum(abs(one - other) for one, other in pairs) / (120 * 160) < 40  # of 255: coarser, but the same picture
    with pytest.raises(RefusedError, match="cut off in its first scan"):
        decode(whole[: whole.index(b"\xff\xda") + 200])
