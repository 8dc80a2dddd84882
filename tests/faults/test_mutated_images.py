"""A million broken images: none of our processes dies, and each failure is reported by name."""

import contextlib
import os
import random
import re
import signal
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import psutil
import pytest
from more_itertools import chunked
from PIL import Image

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoder import Decoder
from indexer.images.process import DecoderProcess
from tests.faults.corpus import corpus
from tests.images import RED, encode, picture

_NAMED = re.compile(r"the (image|file) .{5,}")
_GROUP = 8  # hostile images between two sound ones


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


def _outcome(decoded: Image.Image | ImageError) -> str:
    """Check what became of a hostile image, and return it in words."""
    if isinstance(decoded, Image.Image):
        decoded.load()
        return "decoded nonetheless"
    assert _NAMED.fullmatch(str(decoded).replace("\n", " ")), decoded
    return str(decoded).split(":")[0]


def _with_neighbours(files: Iterable[bytes], sound: bytes) -> Iterator[bytes]:
    """Put a sound image after every few others."""
    for group in chunked(files, _GROUP):
        yield from group
        yield sound


def _attack(decoder: Decoder, files: Iterable[bytes]) -> Counter[str]:
    """Decode hostile images, and count what became of them; the sound ones between them must come out whole."""
    outcomes: Counter[str] = Counter()
    waiting = 0
    for decoded in decoder.decode_many(_with_neighbours(files, picture(size=(33, 44))), least_side=300):
        if isinstance(decoded, Image.Image) and decoded.size == (33, 44) and decoded.getpixel((9, 9)) == RED:
            waiting = 0
            continue
        waiting += 1
        assert waiting <= _GROUP, f"the sound image after {outcomes.total()} others is {decoded!r}"
        outcomes[_outcome(decoded)] += 1
    assert waiting == 0
    return outcomes


def test_mutated_images_are_decoded_or_refused_by_name(
    count: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    total, batch = count(520, 1_000_000), count(260, 20_000)
    seeds = [*_seeds().values(), *corpus().values()]
    own = len(_seeds())
    outcomes: Counter[str] = Counter()
    memory, begun, this = [], time.monotonic(), psutil.Process()
    with Decoder(deadline=300) as decoder:
        for number in range(total // batch):
            chance = random.Random(number)  # a batch can be repeated alone
            # Half of ours, which hold every encoding we know, half of others'.
            chosen = (chance.randrange(own) if n % 2 else chance.randrange(len(seeds)) for n in range(batch))
            outcomes += _attack(decoder, (_mutated(seeds[n], chance) for n in chosen))
            assert outcomes.total() == (number + 1) * batch
            memory.append(this.memory_info().rss >> 20)
            if number % 5 == 4:
                figure(f"{outcomes.total():,} mutated images, {memory[-1]} MiB")
    rate = total / (time.monotonic() - begun)
    figure(f"{total:,} mutated images, {rate:,.0f}/s, memory {memory[0]} to {memory[-1]} MiB: {dict(outcomes)}")
    assert memory[-1] <= memory[0] + 100  # MiB: nothing is kept of an image


def test_images_of_others_are_decoded_or_refused_by_name(figure: Callable[[str], None]) -> None:
    files = corpus()
    with Decoder(deadline=300) as decoder:
        outcomes = _attack(decoder, files.values())
    figure(f"{len(files):,} images of others: {dict(outcomes.most_common())}")
    assert outcomes.total() == len(files)
    assert outcomes["decoded nonetheless"] > len(files) / 2


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
