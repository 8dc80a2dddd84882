"""Thousands of broken images: none of our processes dies, and each failure is reported by name."""

import contextlib
import os
import random
import re
import signal
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

import psutil
import pytest
from PIL import Image

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoder import Decoder
from indexer.images.process import DecoderProcess
from tests.images import encode, picture

_NAMED = re.compile(r"the (image|file) .{5,}")


def _seeds() -> dict[str, bytes]:
    """Return a detailed picture in each format and most of its encodings."""
    noise = random.Random(1)
    small = Image.frombytes("RGB", (16, 16), noise.randbytes(16 * 16 * 3))
    image = small.resize((160, 120), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [image.rotate(n).quantize(32) for n in (0, 90)]
    return {
        "jpeg": encode(image, "JPEG", exif=exif, quality=90),
        "progressive": encode(image, "JPEG", progressive=True),
        "cmyk": encode(image.convert("CMYK"), "JPEG"),
        "png": encode(image.convert("RGBA"), "PNG"),
        "png16": encode(image.convert("L").convert("I;16"), "PNG"),
        "palette": encode(image.quantize(16), "PNG"),
        "gif": encode(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "webp": encode(image, "WEBP", quality=80),
        "lossless": encode(image.convert("RGBA"), "WEBP", lossless=True),
        "bmp": encode(image, "BMP"),
        "tiff": encode(image, "TIFF", compression="tiff_lzw"),
        "jpeg-tiff": encode(image, "TIFF", compression="jpeg"),
        "avif": encode(image, "AVIF", speed=9),
    }


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """Damage a file the way disks, networks and fuzzers do."""
    broken = bytearray(data)
    way = chance.randrange(6)
    at = chance.randrange(len(broken))
    length = min(len(broken) - at, chance.choice([1, 2, 4, 64, 1_000]))
    if way == 0:
        del broken[at:]
    elif way == 1:
        broken[at : at + length] = chance.randbytes(length)
    elif way == 2:
        del broken[at : at + length]
    elif way == 3:
        broken[at:at] = broken[at : at + length]
    elif way == 4:  # lengths and dimensions that can't be
        broken[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0"])
    else:  # header bits, where the dimensions are
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(min(200, len(broken)))] ^= 1 << chance.randrange(8)
    return bytes(broken)


def test_mutated_images_are_decoded_or_refused_by_name(
    count: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    chance, total = random.Random(7), count(520, 5_000)
    seeds = list(_seeds().items())
    names = [seeds[n % len(seeds)] for n in range(total)]
    outcomes: Counter[str] = Counter()
    sound = picture(size=(33, 44))
    with Decoder(deadline=300) as decoder:
        files = (file for _, seed in names for file in (_mutated(seed, chance), sound))
        for n, decoded in enumerate(decoder.decode_many(files, least_side=300)):
            if n % 2:  # the neighbour of each broken image
                assert isinstance(decoded, Image.Image), decoded
                assert (decoded.size, decoded.getpixel((9, 9))) == ((33, 44), (200, 10, 10))
            elif isinstance(decoded, Image.Image):
                decoded.load()
                outcomes["decoded nonetheless"] += 1
            else:
                assert _NAMED.fullmatch(str(decoded).replace("\n", " ")), decoded
                outcomes[str(decoded).split(":")[0]] += 1
    assert outcomes.total() == total
    figure(f"{total:,} mutated images: {dict(outcomes.most_common())}")


def _bomb() -> bytes:
    """Return a small PNG of 49 megapixels of RGBA at 16 bits."""
    width, height = 7_000, 7_000
    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pack, rows = zlib.compressobj(9), bytearray()
    for _ in range(height):
        rows += pack.compress(bytes(1 + width * 8))
    rows += pack.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", bytes(rows)) + chunk(b"IEND", b"")


def test_a_memory_bomb_hurts_no_neighbour(figure: Callable[[str], None]) -> None:
    bomb, sound = _bomb(), picture(size=(50, 60))
    with Decoder(2, deadline=300) as decoder:
        decoded = list(decoder.decode_many([sound, bomb, sound], least_side=300))
        peaks = [_peak(process._popen.pid) for process in decoder._all]
    figure(f"bombs of {len(bomb) >> 10} KiB: {decoded[1]!r}; the decoders took {max(peaks) >> 10} MiB at most")
    assert [type(m) for m in decoded[::2]] == [Image.Image] * 2
    assert max(peaks) < 2**20  # KiB


def _peak(pid: int) -> int:
    with open(f"/proc/{pid}/status") as file:  # noqa: PTH123
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def test_an_image_that_kills_its_decoder_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    poison, sound = picture(size=(66, 6)), picture(size=(50, 60))
    answer = DecoderProcess._answer

    def die(process: DecoderProcess, request: bytes, deadline: float) -> tuple[bool, int, int]:
        if process._memory[: len(poison)] == poison:
            os.kill(process._popen.pid, signal.SIGSEGV)
        return answer(process, request, deadline)

    monkeypatch.setattr(DecoderProcess, "_answer", die)
    with Decoder(2, deadline=300) as decoder:
        decoded = list(decoder.decode_many([sound, poison, sound, poison, sound]))
    assert [isinstance(m, Image.Image) for m in decoded] == [True, False, True, False, True]
    assert "made its decoder fail: SIGSEGV" in str(decoded[1])


def test_an_image_that_takes_too_long_is_given_up(count: Callable[[int, int], int]) -> None:
    with Decoder(1, deadline=0.001) as decoder:
        large = encode(Image.effect_noise((2_000, 2_000), 90), "PNG")
        for _ in range(3):
            with pytest.raises(ImageUnavailableError, match="too busy to decode"):
                decoder.decode(large)


def test_decoders_killed_at_random_lose_no_image(
    count: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    total, chance = count(300, 5_000), random.Random(3)
    file, kills, decoded = encode(Image.effect_noise((300, 300), 60), "JPEG"), 0, []
    with Decoder(2, deadline=300) as decoder:
        for image in decoder.decode_many(file for _ in range(total)):
            decoded.append(image)
            # By progress, not by the clock: on a slow machine a decoder would be killed before it could start.
            if chance.random() < 0.04:
                os.kill(chance.choice(list(decoder._all))._popen.pid, signal.SIGKILL)
                kills += 1
    lost = [m for m in decoded if isinstance(m, ImageError)]
    figure(f"{total:,} images while {kills} decoders were killed: {len(lost)} lost")
    assert len(decoded) == total
    assert kills
    assert not lost


@pytest.fixture(autouse=True)
def no_decoder_is_left() -> Iterator[None]:
    """Check that the decoders of a test have ended; the shop of other tests may have its own."""
    before = _decoders()
    yield
    assert _decoders() <= before


def _decoders() -> set[int]:
    """Return the ids of this process's decoders."""
    pids = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if any("indexer.images.decoding" in part for part in child.cmdline()):
                pids.add(child.pid)
    return pids


def test_the_seeds_are_sound() -> None:
    with Decoder(deadline=300) as decoder:
        for name, image in zip(_seeds(), decoder.decode_many(_seeds().values()), strict=True):
            assert isinstance(image, Image.Image), name
