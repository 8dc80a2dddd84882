"""What becomes of a picture before a browser gets it."""

import io

import pytest
from PIL import Image

from webapp.services.thumbnails import Format, shrink


def _drawn(width: int, height: int) -> Image.Image:
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    image.info["exif"] = b"Exif\0\0 where it was taken"
    return image


@pytest.mark.parametrize("form", ["avif", "webp"])
@pytest.mark.parametrize(
    ("source", "shrunk"), [((1200, 1500), (480, 600)), ((300, 375), (300, 375)), ((800, 4000), (192, 960))]
)
def test_a_picture_keeps_its_shape_and_is_never_enlarged(
    form: Format, source: tuple[int, int], shrunk: tuple[int, int]
) -> None:
    data = shrink(_drawn(*source), 480, form)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == (form.upper(), shrunk)
        top, bottom = (image.convert("L").getpixel((10, y)) for y in (2, image.height - 3))
        assert (top < 20, bottom > 235) == (True, True)  # type: ignore[operator]
    assert b"where it was taken" not in data
