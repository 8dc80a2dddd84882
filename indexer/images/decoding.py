"""Decode one image. This runs inside a decoder process; `indexer.images.decoder` starts those and talks to them.

The file is also that process's program: it imports Pillow and nothing of ours, so that a decoder starts quickly and
holds no credential. A request is three numbers on stdin (length of the file, least side, most pixels); the file lies
in memory that both processes see, and there the answer is laid: pixels, or why there are none.
"""

from __future__ import annotations

import codecs
import importlib
import io
import mmap
import os
import resource
import struct
import sys
import warnings

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,  # noqa: F401 - the plugins register themselves; nothing can be imported once the limits stand
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    ImageCms,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
# Brands of HEIF files (ISO/IEC 23008-12), as phones take pictures: refused by name. No decoder of theirs comes with
# Pillow, and those there are carry patents (HEVC).
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
MAX_SIDE = 65_535  # pixels: JPEG's own limit. A picture of one row of millions is no product's
MEMORY = 2**30  # bytes of address space that one decoder may take
CPU_SECONDS = 10  # that one image may take

REQUEST = struct.Struct("<II")  # length of the file, least side
ANSWER = struct.Struct("<?II")  # whether it went well; width and height, or the length of the reason and 0
SHARED = 3 * MAX_PIXELS  # bytes of the memory that both processes see: the largest image that is taken

# How much larger than asked for a reduced image stays, so that resampling afterwards sees enough; see _reduced.
_MARGIN = 2
# A returned image has no more pixels than this where it may be reduced: very wide ones would fill the memory.
_MAX_REDUCED = 4_000_000

_TOO_MUCH_MEMORY = f"the image takes more than {MEMORY >> 20} MiB to decode"

# What undoes each value of Exif's orientation tag (Exif 3.0, 4.6.4).
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
        The file; its content, not a name, decides the format.
    least_side : int
        Pixels that the shorter side must keep (at least twice this, where the image has them); 0 decodes in full.

    Raises
    ------
    RefusedError
        Not an image, broken, in a format that isn't taken, or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decode(data, least_side)
    except UnidentifiedImageError as error:
        if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
            raise RefusedError("the image is a HEIC file, which isn't taken; JPEG, PNG, WebP and AVIF are") from error
        raise RefusedError("the file is not an image, or not of a format that is taken") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise RefusedError(f"the image has more than {MAX_PIXELS // 10**6} megapixels") from error
    except MemoryError as error:
        raise RefusedError(_TOO_MUCH_MEMORY) from error
    except RefusedError:
        raise
    except Exception as error:
        raise RefusedError(f"the image is broken: {error or type(error).__name__}") from error


def _decode(data: bytes, least_side: int) -> Image.Image:
    image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise RefusedError(f"the image has more than {MAX_PIXELS // 10**6} megapixels")
    if max(image.size) > MAX_SIDE:
        raise RefusedError(f"the image is more than {MAX_SIDE:,} pixels wide or high")
    if least_side and image.format == "JPEG":
        image.draft("RGB", (_MARGIN * least_side,) * 2)
    image.load()
    turn, profile = _turn(image), image.info.get("icc_profile")
    image = _eight_bits(image)
    if least_side:
        image = _reduced(image, least_side)
    image = _to_srgb(_on_white(image), profile)
    return image if turn is None else image.transpose(turn)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Read how the image has to be turned to stand upright; TIFF and AVIF come upright already."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, struct.error):
        return None  # damaged metadata is no reason to lose the image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring deep greys to eight bits: sixteen by their upper half, deeper ones and floats by their own range."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode in {"I", "F"}:
        low, high = image.getextrema()
        scale = 255 / (high - low) if high > low else 1.0  # type: ignore[operator]
        return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")  # type: ignore[operator]
    return image


def _reduced(image: Image.Image, least_side: int) -> Image.Image:
    """Shrink an image that is much larger than asked for, by averaging whole blocks of pixels."""
    by_side = min(image.size) // (_MARGIN * least_side)
    by_pixels = (image.width * image.height / _MAX_REDUCED) ** 0.5
    factor = max(by_side, -int(-by_pixels // 1))
    if factor < 2:
        return image
    if _is_transparent(image):
        image = image.convert("RGBA").convert("RGBa")  # what can't be seen must not bleed into what can
    elif image.mode in {"P", "1", "PA"}:
        image = image.convert("RGB")
    return image.reduce(factor)


def _is_transparent(image: Image.Image) -> bool:
    return "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info


def _on_white(image: Image.Image) -> Image.Image:
    if not _is_transparent(image):
        return image
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to RGB by the image's own colour profile: prints and wide-gamut photographs keep their colours."""
    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(own):
                converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
                if converted is not None:
                    return converted
        except (ImageCms.PyCMSError, OSError):
            # A damaged profile, or one of another colour model, is no reason to lose the image.
            return image.convert("RGB")
    return image.convert("RGB")


def serve(shared: int) -> None:
    """Answer requests until stdin ends.

    Parameters
    ----------
    shared : int
        Descriptor of the shared memory.
    """
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # side by side are the processes, each within its limits
    # Pillow imports some of its parts, and Python its codecs, when they are first used: now, or never.
    Image.preinit()
    for late in ("copy", "PIL.ImageColor", "PIL.ImageFilter", "PIL.ImagePalette", "PIL.MpoImagePlugin"):
        importlib.import_module(late)
    for codec in ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-le", "utf-16-be"):
        codecs.lookup(codec)
    memory = mmap.mmap(shared, SHARED)
    _limit_self()
    while len(request := sys.stdin.buffer.read(REQUEST.size)) == REQUEST.size:
        answer = _answer(memory, *REQUEST.unpack(request))
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


def _answer(memory: mmap.mmap, length: int, least_side: int) -> bytes:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    try:
        image = decode(memory[:length], least_side=least_side)
        pixels = image.tobytes()
    except (RefusedError, MemoryError) as error:
        reason = (str(error) or _TOO_MUCH_MEMORY).encode()[:1_000]
        memory[: len(reason)] = reason
        return ANSWER.pack(False, len(reason), 0)
    memory[: len(pixels)] = pixels
    return ANSWER.pack(True, *image.size)


def _limit_self() -> None:
    """Give up whatever decoding doesn't need: memory beyond the limit, files, sockets, core dumps."""
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")  # where memory runs out in spite of all, a decoder goes first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + SHARED, MEMORY + SHARED))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # what is open stays so; nothing more is opened


if __name__ == "__main__":
    os.environ.clear()
    serve(int(sys.argv[1]))
