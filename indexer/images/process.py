"""One decoder process, as its parent sees it."""

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

from indexer.errors import ImageError
from indexer.images.decoding import program
from indexer.images.decoding.decoding import MAX_PIXELS
from indexer.images.decoding.preparations import Preparation, Prepared, serialize, size_in_bytes, unpack

_ROOT = Path(program.__file__).parents[3]
# No credentials. glibc keeps freed memory, because returning it after each image costs as much as decoding a small one.
# One thread, because the processes run in parallel.
_ENVIRONMENT = {
    "PYTHONPATH": str(_ROOT),
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(2**26),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
}
_EXIT_SECONDS = 5.0  # that a process may take to end after its last answer
_MAX_KEPT = 2**24  # bytes of shared memory that a process keeps between images


class DiedError(Exception):
    """A decoder process ended in the middle of an image."""


class DecoderProcess:
    """One decoder process, and the memory it shares with this one; an image may take ``cpu_seconds`` of a core."""

    def __init__(self, cpu_seconds: float) -> None:
        self.decoded, self._cpu_seconds = 0, cpu_seconds
        shared = os.memfd_create("image", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(shared, program.SHARED)
            # A compromised process could otherwise shrink it, and this process would crash at its next read.
            fcntl.fcntl(shared, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
            self._memory = mmap.mmap(shared, program.SHARED)
            self._popen = subprocess.Popen(
                [sys.executable, "-s", "-P", "-m", program.__name__, str(shared), str(cpu_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what codecs mutter
                env=_ENVIRONMENT,
                pass_fds=[shared],
                bufsize=0,
                process_group=0,  # no Ctrl-C, no server's shutdown: it ends when its stdin does
            )
        finally:
            os.close(shared)
        self._answers = select.poll()
        self._answers.register(self._popen.stdout, select.POLLIN)  # type: ignore[arg-type]

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._popen.poll() is None

    def decode(self, data: bytes, least_side: int, deadline: float) -> Image.Image:
        """Decode one image within ``deadline`` seconds.

        Raises
        ------
        ImageError
            As `Decoder.decode` raises it.
        DiedError
            The process ended.
        TimeoutError
            It has not answered in time; its next answer would be to this image.
        """
        width, height = self._request(data, least_side, b"", deadline)
        if width * height > MAX_PIXELS:
            raise DiedError("it gave an impossible answer")
        image = Image.frombytes("RGB", (width, height), self._take(3 * width * height))
        self._free_memory(max(3 * width * height, len(data)))
        return image

    def prepare(
        self, data: bytes, preparations: tuple[Preparation, ...], least_side: int, deadline: float
    ) -> list[Prepared]:
        """Decode and prepare one image; raises what `decode` raises."""
        size = size_in_bytes(preparations)
        length, _ = self._request(data, least_side, serialize(preparations), deadline)
        if length != size:
            raise DiedError("it gave an impossible answer")
        arrays = unpack(self._take(size), preparations)
        self._free_memory(max(size, len(data)))
        # A compromised process could return anything, and Elasticsearch refuses a whole batch for one NaN.
        if not all(((array >= 0) & (array <= 1)).all() for array in arrays if array.dtype.kind == "f"):
            raise DiedError("it gave impossible numbers")
        return arrays

    def _take(self, size: int) -> bytes:
        """Copy an answer, because the process could still change it."""
        return self._memory[:size]

    def _free_memory(self, used: int) -> None:
        if used > _MAX_KEPT:
            self._memory.madvise(mmap.MADV_REMOVE)

    def _request(self, data: bytes, least_side: int, recipe: bytes, deadline: float) -> tuple[int, int]:
        self.decoded += 1
        self._memory[: len(data)] = data
        self._memory[len(data) : len(data) + len(recipe)] = recipe
        decoded, *numbers = self._answer(program.REQUEST.pack(len(data), least_side, len(recipe)), deadline)
        if not decoded:
            raise ImageError(self._memory[: min(numbers[0], 1_000)].decode(errors="replace"))
        return numbers[0], numbers[1]

    def _answer(self, request: bytes, deadline: float) -> tuple[bool, int, int]:
        assert self._popen.stdin and self._popen.stdout  # noqa: S101, PT018 - they are pipes
        try:
            self._popen.stdin.write(request)
            if not self._answers.poll(deadline * 1_000):
                raise TimeoutError
            answer = self._popen.stdout.read(program.ANSWER.size)
        except BrokenPipeError:
            answer = b""
        if len(answer) < program.ANSWER.size:
            self._end()
            if self._popen.returncode == -signal.SIGPROF:
                raise ImageError(f"the image takes more than {self._cpu_seconds:g} s of a core to decode")
            raise DiedError(self._describe_end())
        decoded, first, second = program.ANSWER.unpack(answer)
        return decoded, first, second

    def _end(self) -> None:
        """Wait for the process to end, or kill it."""
        try:
            self._popen.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def _describe_end(self) -> str:
        code = self._popen.returncode
        return signal.Signals(-code).name if code < 0 else f"it ended with code {code}"

    def kill(self) -> None:
        """Kill the process and free its memory."""
        self._popen.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe:
                pipe.close()
        if not self._memory.closed:
            self._memory.close()
