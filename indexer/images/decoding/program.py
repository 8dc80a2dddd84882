"""The program of a decoder process; `indexer.images.Decoder` starts it and talks to it.

It imports Pillow, NumPy and its own package, so that it starts quickly and holds no credential. A request is three
numbers on stdin: length of the file, least side, length of the names of preparations. File and names lie in memory that
both processes see, and there the answer is laid: what the preparations gave, without any the image's pixels, or why
there are none.
"""

from __future__ import annotations

import codecs
import importlib
import mmap
import os
import resource
import struct
import sys

from PIL import AvifImagePlugin, Image

from indexer.images.decoding import preparations
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.decoding import MAX_BYTES, MAX_PIXELS, RefusedError, decode
from indexer.images.decoding.palette import Palette

MEMORY = 2**30  # bytes of address space that one decoder may take
CPU_SECONDS = 10  # that one image may take

REQUEST = struct.Struct("<III")  # length of the file, least side, length of the preparations' names
# Whether it went well; width and height, or bytes that were prepared and 1, or the length of the reason and 0.
ANSWER = struct.Struct("<?II")
# Bytes of the memory that both processes see: the largest image that is taken, or a file and the names after it.
SHARED = max(3 * MAX_PIXELS, MAX_BYTES + 2**16)


def serve(shared: int) -> None:
    """Answer requests until stdin ends.

    Parameters
    ----------
    shared : int
        Descriptor of the shared memory.
    """
    _import_all()
    memory = mmap.mmap(shared, SHARED)
    _limit_self()
    while len(request := sys.stdin.buffer.read(REQUEST.size)) == REQUEST.size:
        answer = _answer(memory, *REQUEST.unpack(request))
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


def _import_all() -> None:
    """Have everything imported that Pillow and Python import when it is first used: later no file can be opened."""
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # side by side are the processes, each within its limits
    Image.preinit()
    for late in ("copy", "PIL.ImageColor", "PIL.ImageFilter", "PIL.ImagePalette", "PIL.MpoImagePlugin"):
        importlib.import_module(late)
    for codec in ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-le", "utf-16-be"):
        codecs.lookup(codec)
    for preparation in (Crop(8, 8, "bicubic"), Palette()):
        preparation(Image.new("RGB", (8, 8)))


def _answer(memory: mmap.mmap, length: int, least_side: int, names: int) -> bytes:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    try:
        wanted = preparations.find(memory[length : length + names]) if names else ()
        image = decode(memory[:length], least_side=least_side)
        size = image.size
        parts = [prepare(image).tobytes() for prepare in wanted] or [image.tobytes()]
    except (RefusedError, MemoryError) as error:
        reason = (str(error) or f"the image takes more than {MEMORY >> 20} MiB to decode").encode()[:1_000]
        memory[: len(reason)] = reason
        return ANSWER.pack(False, len(reason), 0)
    laid = 0
    for part in parts:
        memory[laid : laid + len(part)] = part
        laid += len(part)
    return ANSWER.pack(True, *((laid, 1) if wanted else size))


def _limit_self() -> None:
    """Return up whatever decoding doesn't need: memory beyond the limit, files, sockets, core dumps."""
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")  # where memory runs out in spite of all, a decoder goes first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + SHARED, MEMORY + SHARED))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # what is open stays so; nothing more is opened


if __name__ == "__main__":
    os.environ.clear()
    serve(int(sys.argv[1]))
