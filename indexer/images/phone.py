"""Photographs as a phone would take them, made from a catalogue's pictures."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

Random = np.random.Generator

_DEGREES = 8.0  # by which a phone is held askew, at most
_CROP = 0.15  # of each side that may be cut off
_LIGHT = (0.7, 1.25)  # brightness and contrast, 1 being the picture's
_BLUR = (0.0, 1.5)  # radius in pixels
_NOISE = 6.0  # standard deviation, of 255
_QUALITY = (55, 85)  # of the JPEG


def as_by_phone(image: Image.Image, draw: Random) -> Image.Image:
    """Return a picture askew, cropped, in other light, blurred, with noise and JPEG artefacts.

    Parameters
    ----------
    image : Image
        RGB.
    draw : Generator
        Source of randomness; each call takes what comes next.
    """
    turned = image.rotate(draw.uniform(-_DEGREES, _DEGREES), Image.Resampling.BICUBIC, fillcolor=image.getpixel((0, 0)))
    left, top, right, bottom = draw.uniform(0, _CROP, 4) * (image.width, image.height, image.width, image.height)
    cropped = turned.crop((round(left), round(top), round(image.width - right), round(image.height - bottom)))
    lit = ImageEnhance.Contrast(ImageEnhance.Brightness(cropped).enhance(draw.uniform(*_LIGHT)))
    blurred = lit.enhance(draw.uniform(*_LIGHT)).filter(ImageFilter.GaussianBlur(draw.uniform(*_BLUR)))
    pixels = np.asarray(blurred, np.float32)
    noisy = np.clip(pixels + draw.normal(0, _NOISE, pixels.shape), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noisy).save(file, "JPEG", quality=int(draw.integers(*_QUALITY)))
    return Image.open(file).convert("RGB")
