"""Bring an image's colours to sRGB by the profile that it carries."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

# The colour model of a profile (ICC.1:2022, 7.2.6) that fits an image's mode; a palette's colours are RGB.
_MODELS = {"1": "GRAY", "L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
_MAX_SRGB_PROFILE = 2**16  # bytes; sRGB's profiles have a few thousand
_SAME = 2  # levels of 255 that no one sees


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert an image to sRGB, so that prints and wide-gamut photographs keep their colours.

    Parameters
    ----------
    image : Image
        Of any mode with eight bits; premultiplied ones are undone.
    profile : bytes, optional
        Its ICC profile. One that is damaged, or of another colour model than the image, is no reason to lose the image.

    Returns
    -------
    Image
        RGBA if parts are transparent, else RGB. Colours are converted before they are blended with a background,
        because the blend is made in sRGB.
    """
    colors, alpha = _without_alpha(image)
    converted = _converted(colors, profile)
    if alpha:
        converted.putalpha(alpha)
    return converted


def is_transparent(image: Image.Image) -> bool:
    """Return whether parts of an image may be transparent."""
    return "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info


def with_alpha(image: Image.Image) -> Image.Image:
    """Return an image with a channel of its transparency, LA or RGBA."""
    return image.convert("LA" if image.mode in {"L", "LA", "La"} else "RGBA")


def foreign_profile(profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    """Read an image's colour profile; None where it has none, or sRGB's, and its colours need no conversion.

    Raises
    ------
    ImageCms.PyCMSError, OSError
        The profile is damaged.
    """
    if not profile:
        return None
    parsed = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    named = "sRGB" in ImageCms.getProfileDescription(parsed)
    return None if named and len(profile) <= _MAX_SRGB_PROFILE and _is_srgb(profile) else parsed


@lru_cache(32)
def _is_srgb(profile: bytes) -> bool:
    """Try it out, because linear sRGB has the name, too; kept, because that takes as long as a small image."""
    levels = np.linspace(0, 255, 6, dtype=np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
    converted = _converted_by(Image.fromarray(colors), ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    return bool(np.abs(np.asarray(converted).astype(int) - colors).max() <= _SAME)


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    alpha = None
    if is_transparent(image):
        image = with_alpha(image)
        alpha = image.getchannel("A")
        image = image.convert(image.mode[:-1])
    return image.convert("RGB") if image.mode in {"P", "PA"} else image, alpha


def _converted(image: Image.Image, profile: bytes | None) -> Image.Image:
    with suppress(ImageCms.PyCMSError, OSError):
        own = foreign_profile(profile)
        if own and own.profile.xcolor_space.strip() == _MODELS.get(image.mode):
            return _converted_by(image.convert("L") if image.mode == "1" else image, own)
    return image if image.mode == "RGB" else image.convert("RGB")  # which would copy it


def _converted_by(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted  # noqa: S101 - None only where an image is converted in place
    return converted
