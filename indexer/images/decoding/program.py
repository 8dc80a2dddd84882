"""The program of a decoder process; `indexer.images.Decoder` starts it and talks to it.

It imports only Pillow, NumPy, `cykooz_resizer` and its own package, so that it starts quickly and holds no
credentials. A request is three numbers on stdin: length of the file, least side, length of the preparations' recipe.
File and recipe are in shared memory, and the answer is written there: the prepared arrays, the image's pixels if there
is no recipe, or the reason why there are none.
"""

from __future__ import annotations

import codecs
import importlib
import mmap
import os
import resource
import signal
import struct
import sys

from PIL import AvifImagePlugin, Image

from indexer.images.decoding.crop import Crop
from indexer.images.decoding.decoding import MAX_BYTES, MAX_PIXELS, RefusedError, decode
from indexer.images.decoding.palette import Palette
from indexer.images.decoding.preparations import parse

MEMORY = 2**30  # bytes of address space for one decoder

REQUEST = struct.Struct("<III")  # length of the file, least side, length of the recipe
# Whether the image was decoded; then width and height, or length of the arrays and 1, or length of the reason and 0.
ANSWER = struct.Struct("<?II")
# Bytes of shared memory: the largest image's pixels, or a file and the recipe after it.
SHARED = max(3 * MAX_PIXELS, MAX_BYTES + 2**16)


def serve(shared: int, cpu_seconds: float) -> None:
    """Answer requests until stdin ends.

    Parameters
    ----------
    shared : int
        Descriptor of the shared memory.
    cpu_seconds : float
        Seconds of a core that one image may take; then SIGPROF ends this process.
    """
    _import_all()
    memory = mmap.mmap(shared, SHARED)
    _limit_self()
    decoded = 0
    while len(request := sys.stdin.buffer.read(REQUEST.size)) == REQUEST.size:
        # RLIMIT_CPU would count in whole seconds only.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            answer = _answer(memory, *REQUEST.unpack(request))
        except MemoryError:
            if decoded:  # earlier images may have taken it: a fresh process shall judge this one
                sys.exit("out of memory")
            answer = _refusal(memory, f"the image takes more than {MEMORY >> 20} MiB to decode")
        signal.setitimer(signal.ITIMER_PROF, 0)
        decoded += 1
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


def _import_all() -> None:
    """Import all that Pillow and Python import on first use, because no file can be opened later."""
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # the processes run in parallel
    Image.preinit()
    for late in ("copy", "PIL.ImageColor", "PIL.ImageFilter", "PIL.ImagePalette", "PIL.MpoImagePlugin"):
        importlib.import_module(late)
    for codec in ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-le", "utf-16-be"):
        codecs.lookup(codec)
    for preparation in (Crop(8, 8, "bicubic"), Palette()):
        preparation(Image.new("RGB", (8, 8)))


def _answer(memory: mmap.mmap, length: int, least_side: int, recipe_length: int) -> bytes:
    try:
        recipe = parse(memory[length : length + recipe_length]) if recipe_length else ()
        image = decode(memory[:length], least_side=least_side)
        size = image.size
        parts = [prepare(image).tobytes() for prepare in recipe] or [image.tobytes()]
    except RefusedError as error:
        return _refusal(memory, str(error))
    end = 0
    for part in parts:
        memory[end : end + len(part)] = part
        end += len(part)
    return ANSWER.pack(True, *((end, 1) if recipe else size))


def _refusal(memory: mmap.mmap, why: str) -> bytes:
    reason = why.encode()[:1_000]
    memory[: len(reason)] = reason
    return ANSWER.pack(False, len(reason), 0)


def _limit_self() -> None:
    """Give up all that decoding doesn't need: memory beyond the limit, files, sockets, core dumps."""
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")  # if memory runs out, the kernel kills a decoder first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + SHARED, MEMORY + SHARED))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # open files stay open


if __name__ == "__main__":
    os.environ.clear()
    serve(int(sys.argv[1]), float(sys.argv[2]))
