"""One decoder process, seen from the process that it works for."""

from __future__ import annotations

import fcntl
import mmap
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoding import preparations, program
from indexer.images.decoding.decoding import MAX_PIXELS
from indexer.images.decoding.preparations import Preparation, Prepared

_ROOT = Path(program.__file__).parents[3]
# No credentials. glibc keeps freed memory: giving it back after each image costs as much as decoding a small one. One
# thread: side by side are the processes.
_ENVIRONMENT = {
    "PYTHONPATH": str(_ROOT),
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(2**26),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
}
_FAREWELL = 5.0  # seconds that a process may take to end once it says nothing more
_KEPT = 2**24  # bytes of shared memory that a process keeps between images


class DiedError(Exception):
    """A decoder process ended in the middle of an image."""


class DecoderProcess:
    """One decoder process, and the memory it shares with this one."""

    def __init__(self) -> None:
        self.decoded = 0
        shared = os.memfd_create("image", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(shared, program.SHARED)
            # A process that somebody else's image took over could make it smaller: a fault of ours at the next look.
            fcntl.fcntl(shared, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
            self._memory = mmap.mmap(shared, program.SHARED)
            self._popen = subprocess.Popen(
                [sys.executable, "-s", "-P", "-m", program.__name__, str(shared)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what codecs mutter
                env=_ENVIRONMENT,
                pass_fds=[shared],
                bufsize=0,
                process_group=0,  # Ctrl-C and a server's shutdown are not for it: its stdin ends with this process
            )
        finally:
            os.close(shared)
        self._answers = select.poll()
        self._answers.register(self._popen.stdout, select.POLLIN)  # type: ignore[arg-type]

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._popen.poll() is None

    def decode(self, data: bytes, least_side: int, deadline: float) -> Image.Image:
        """Have one image decoded; errors as `Decoder.decode` names them, or `DiedError`."""
        width, height = self._ask(data, least_side, b"", deadline)
        if width * height > MAX_PIXELS:
            raise DiedError("it gave an answer that can't be")
        image = Image.frombytes("RGB", (width, height), self._take(3 * width * height))
        self._forget(max(3 * width * height, len(data)))
        return image

    def prepare(self, data: bytes, wanted: tuple[Preparation, ...], least_side: int, deadline: float) -> list[Prepared]:
        """Have one image decoded and prepared; errors as in `decode`."""
        size = preparations.size(wanted)
        laid, _ = self._ask(data, least_side, preparations.named(wanted), deadline)
        if laid != size:
            raise DiedError("it gave an answer that can't be")
        made = preparations.unpack(self._take(size), wanted)
        self._forget(max(size, len(data)))
        # Its bytes may be anybody's: a number that can't be would have all refused that is written with it, or worse.
        if not all(((array >= 0) & (array <= 1)).all() for array in made if array.dtype.kind == "f"):
            raise DiedError("it gave numbers that can't be")
        return made

    def _take(self, size: int) -> bytes:
        """Copy an answer: whoever wrote it could still change it."""
        return self._memory[:size]

    def _forget(self, used: int) -> None:
        if used > _KEPT:
            self._memory.madvise(mmap.MADV_REMOVE)

    def _ask(self, data: bytes, least_side: int, names: bytes, deadline: float) -> tuple[int, int]:
        self.decoded += 1
        self._memory[: len(data)] = data
        self._memory[len(data) : len(data) + len(names)] = names
        well, *numbers = self._answer(program.REQUEST.pack(len(data), least_side, len(names)), deadline)
        if not well:
            raise ImageError(self._memory[: min(numbers[0], 1_000)].decode(errors="replace"))
        return numbers[0], numbers[1]

    def _answer(self, request: bytes, deadline: float) -> tuple[bool, int, int]:
        assert self._popen.stdin and self._popen.stdout  # noqa: S101, PT018 - they are pipes
        try:
            self._popen.stdin.write(request)
            if not self._answers.poll(deadline * 1_000):
                self.kill()
                raise ImageUnavailableError(f"the machine is too busy to decode the image within {deadline:g} s")
            answer = self._popen.stdout.read(program.ANSWER.size)
        except BrokenPipeError:
            answer = b""
        if len(answer) < program.ANSWER.size:
            self._end()
            if self._popen.returncode == -signal.SIGXCPU:
                raise ImageError(f"the image takes more than {program.CPU_SECONDS} s of a core to decode")
            raise DiedError(self._describe_end())
        well, one, other = program.ANSWER.unpack(answer)
        return well, one, other

    def _end(self) -> None:
        """Wait for the end that its silence tells of, or bring it about."""
        try:
            self._popen.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def _describe_end(self) -> str:
        code = self._popen.returncode
        return signal.Signals(-code).name if code < 0 else f"it ended with code {code}"

    def kill(self) -> None:
        """End the process, whatever it does, and free its memory."""
        self._popen.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe:
                pipe.close()
        if not self._memory.closed:
            self._memory.close()
