"""Decode one untrusted image file to upright RGB. Decoder processes run this."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import (
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401 - the plugins register themselves; nothing can be imported under the limits
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    ImageChops,
    ImageFile,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from indexer.images.decoding.color_management import is_transparent, to_srgb, with_alpha

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
# Brands of HEIF files (ISO/IEC 23008-12), which phones write: refused by name, because Pillow has no decoder for them
# and HEVC is patented.
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
MAX_SCANS = 100  # of a JPEG; encoders write about ten
MAX_SIDE = 65_535  # pixels: JPEG's own limit

# Reduced images stay this many times larger than `least_side`, so that later resampling has enough pixels.
_MARGIN = 2
_MIN_ROWS = 0.5  # share of the rows that a JPEG which was cut off must have
_MIN_SCANS = 2  # of a progressive one: the second begins only when the first is complete
_MISSING, _BLOCK = 128, 16  # what libjpeg puts where data are missing; rows of its largest blocks
# Pixels of a reduced image: very wide ones would fill the memory otherwise.
_MAX_REDUCED = 4_000_000

# The transposition that undoes each value of Exif's orientation tag (Exif 3.0, 4.6.4).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class RefusedError(Exception):
    """The image isn't decoded; the message says why."""


def decode(data: bytes, *, least_side: int = 0) -> Image.Image:
    """Decode an image to upright RGB in sRGB, its transparent parts white; of an animation, the first frame.

    Parameters
    ----------
    data : bytes
        The file; its content decides the format.
    least_side : int
        Pixels that the shorter side must keep; larger images are reduced to no less than twice this. 0 decodes at full
        size.

    Raises
    ------
    RefusedError
        Not an image, broken, in an unsupported format, or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decode(data, least_side)
    except UnidentifiedImageError as error:
        if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
            raise RefusedError("the image is a HEIC file; send JPEG, PNG, WebP or AVIF instead") from error
        raise RefusedError("the file is not an image, or in a format that isn't supported") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise RefusedError(f"the image has more than {MAX_PIXELS // 10**6} megapixels") from error
    except (RefusedError, MemoryError):
        raise
    except Exception as error:
        raise RefusedError(f"the image is broken: {error or type(error).__name__}") from error


def _decode(data: bytes, least_side: int) -> Image.Image:
    image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise RefusedError(f"the image has more than {MAX_PIXELS // 10**6} megapixels")
    if max(image.size) > MAX_SIDE:
        raise RefusedError(f"the image is more than {MAX_SIDE:,} pixels wide or high")
    # Each scan of a progressive JPEG is a pass over the whole image: a small file may ask for thousands. 0xFFDA occurs
    # in compressed data only as this marker (ITU-T T.81, B.1.1.5).
    if image.format == "JPEG" and scans(data) > MAX_SCANS:
        raise RefusedError(f"the image has more than {MAX_SCANS} scans")
    if least_side and image.format == "JPEG":
        image.draft("RGB", (_MARGIN * least_side,) * 2)
    cut_off = is_cut_off(data)
    with _tolerance(cut_off):
        image.load()
    way, profile = turn(image), image.info.get("icc_profile")
    image = _eight_bits(_intact_rows(image, data) if cut_off else image)
    if least_side:
        image = _reduced(image, least_side)
    image = _on_white(to_srgb(image, profile))
    return image if way is None else image.transpose(way)


def scans(data: bytes) -> int:
    """Count the scans of a JPEG file: its markers SOS, ten times as quickly as `bytes.count`."""
    numbers = np.frombuffer(data, np.uint8)
    return int(np.count_nonzero((numbers[:-1] == 0xFF) & (numbers[1:] == 0xDA)))


def is_cut_off(data: bytes) -> bool:
    """Return whether a file is a JPEG without an end (ITU-T T.81, B.1.1.3), as an interrupted upload leaves it."""
    return data.startswith(b"\xff\xd8") and data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")


@contextmanager
def _tolerance(cut_off: bool) -> Iterator[None]:
    """Let Pillow decode as much of a file as there is."""
    ImageFile.LOAD_TRUNCATED_IMAGES = cut_off
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _intact_rows(image: Image.Image, data: bytes) -> Image.Image:
    """Return what a JPEG that was cut off still has, as browsers show it: its upper rows, if they are most of it.

    Of a progressive one, all rows have the scans that are there; the first of them must be complete.
    """
    if image.info.get("progressive"):
        if scans(data) < _MIN_SCANS:
            raise RefusedError("the image is broken: it was cut off in its first scan")
        return image
    missing = Image.new(image.mode, image.size, (_MISSING,) * len(image.getbands()))
    box = ImageChops.difference(image, missing).getbbox()
    # Without the last blocks that have anything, because those beside them may be missing.
    rows = (box[3] - 1) // _BLOCK * _BLOCK if box else 0
    if rows < _MIN_ROWS * image.height:
        raise RefusedError(f"the image is broken: it was cut off after {rows} of {image.height} rows")
    return image.crop((0, 0, image.width, rows))


def turn(image: Image.Image) -> Image.Transpose | None:
    """Return how the image has to be turned to be upright; TIFF and AVIF are decoded upright."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, struct.error):
        return None  # damaged metadata is no reason to lose the image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Convert deep greys to eight bits: sixteen bits by their upper byte, deeper ones and floats by their range."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode in {"I", "F"}:
        low, high = image.getextrema()
        scale = 255 / (high - low) if high > low else 1.0  # type: ignore[operator]
        return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")  # type: ignore[operator]
    return image


def _reduced(image: Image.Image, least_side: int) -> Image.Image:
    """Shrink an image that is much larger than needed, by averaging blocks of pixels."""
    by_side = min(image.size) // (_MARGIN * least_side)
    by_pixels = (image.width * image.height / _MAX_REDUCED) ** 0.5
    factor = max(by_side, -int(-by_pixels // 1))
    if factor < 2:
        return image
    if is_transparent(image):
        image = with_alpha(image)
        image = image.convert(f"{image.mode[:-1]}a")  # premultiplied, so that invisible colours don't bleed in
    elif image.mode in {"P", "1", "PA"}:
        image = image.convert("RGB")
    return image.reduce(factor)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
