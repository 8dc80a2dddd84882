"""Pictures for tests, as files in memory."""

import io
from typing import Any

from PIL import Image

RED = (200, 10, 10)


def encode(image: Image.Image, form: str, **options: Any) -> bytes:
    """Write an image in a format."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def picture(form: str = "PNG", size: tuple[int, int] = (60, 40), color: tuple[int, ...] = RED) -> bytes:
    """A plain picture as a file."""
    return encode(Image.new("RGB", size, color), form)
