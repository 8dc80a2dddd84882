"""A pool of processes that decode images, so that a crash, a bomb or a loop in a codec hurts nobody else."""

from __future__ import annotations

import mmap
import os
import select
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from PIL import Image

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images import decoding

# Seconds that may pass while one image is decoded. What an image may cost is counted by its decoder's own CPU time
# (decoding.CPU_SECONDS): on a busy machine a sound image waits for a core, and must not be taken for a bomb.
DEADLINE = 60.0
_TRIES = 3  # of an image whose decoder died
_RENEWED = 5_000  # images after which a process is replaced, so that a leak in a codec stays small
# No credentials. glibc keeps freed memory: giving it back after each image costs as much as decoding a small one.
_ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": str(2**26),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
}
_KEPT = 2**24  # bytes of shared memory that a process keeps between images


class Decoder:
    """Decodes images on all cores, each in a process of its own: the one way in which the project opens an image.

    Thread-safe. Processes start with the first image, and again after one of them died; each has limits on memory,
    CPU time and open files, no environment and nothing of this process's memory. Works in the children of a prefork
    server, which may not use `multiprocessing`; a fork starts processes of its own.

    Parameters
    ----------
    processes : int
        How many images are decoded side by side; 0: as many as there are cores.
    deadline : float
        Seconds that may pass while one image is decoded, waiting for a core included; its CPU time has a limit of its
        own (`decoding.CPU_SECONDS`).

    Examples
    --------
    >>> with Decoder() as decoder:
    ...     for image in decoder.decode_many(files, least_side=300):
    ...         ...  # a PIL image, or the ImageError that says why there is none
    """

    def __init__(self, processes: int = 0, *, deadline: float = DEADLINE) -> None:
        self._size, self._deadline = processes or len(os.sched_getaffinity(0)), deadline
        # Pillow gives each image's memory back to the kernel, and takes it anew for the next, unless told to keep some:
        # 2.7 ms of 3.7 for one of 1.3 megapixels.
        Image.core.set_blocks_max(2)  # type: ignore[attr-defined]
        self._start_over()

    def decode(self, data: bytes, *, least_side: int = 0) -> Image.Image:
        """Decode an image to upright RGB in sRGB, transparent parts white; of an animation, the first frame.

        Waits for a free process.

        Parameters
        ----------
        data : bytes
            The file; its content, not a name, decides the format.
        least_side : int
            Pixels that the shorter side must keep. An image much larger is decoded at a reduced scale (JPEG) or
            reduced afterwards, to twice this or more; 0 decodes in full.

        Raises
        ------
        ImageError
            Not an image, broken, in a format that isn't taken, above 20 MiB or 50 megapixels, or it took too much
            memory or CPU time. Says which.
        ImageUnavailableError
            The machine was too busy to decode it, or short of memory; later it may not be.
        """
        if len(data) > decoding.MAX_BYTES:
            raise ImageError(f"the image is larger than {decoding.MAX_BYTES >> 20} MiB")
        for _ in range(_TRIES):
            try:
                return self._attempt(data, least_side)
            except _DiedError as error:
                end = str(error)  # perhaps not by this image: the kernel, or somebody, may have ended the process
        if end == signal.SIGKILL.name:
            raise ImageUnavailableError(f"the image's decoder was killed {_TRIES} times: is memory short?")
        raise ImageError(f"the image made its decoder fail: {end}")

    def decode_many(self, files: Iterable[bytes], *, least_side: int = 0) -> Iterator[Image.Image | ImageError]:
        """Decode images side by side and give them in order, each as soon as those before it are given.

        Parameters
        ----------
        files : iterable of bytes
            Taken only a few ahead of what was given, so that the memory stays flat however many there are.
        least_side : int
            As in `decode`.

        Yields
        ------
        PIL.Image.Image or ImageError
            One a file; an error touches no other file.
        """

        def attempt(data: bytes) -> Image.Image | ImageError:
            try:
                return self.decode(data, least_side=least_side)
            except ImageError as error:
                return error

        ahead: deque[Future[Image.Image | ImageError]] = deque()
        with ThreadPoolExecutor(self._size, "decode") as threads:
            for data in files:
                ahead.append(threads.submit(attempt, data))
                if len(ahead) > 2 * self._size:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def close(self) -> None:
        """End the processes. Those of a decoder that is forgotten end with it: their stdin does."""
        while self._all:
            self._all.pop().kill()
        self._idle.clear()

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _start_over(self) -> None:
        self._process_id = os.getpid()
        self._free = threading.Semaphore(self._size)
        self._idle: deque[_Process] = deque()
        self._all: set[_Process] = set()

    def _attempt(self, data: bytes, least_side: int) -> Image.Image:
        if self._process_id != os.getpid():
            # Forked: the processes are the parent's, and two must not talk to one.
            self._start_over()
        with self._free:
            process = self._take()
            try:
                image = process.decode(data, least_side, self._deadline)
            except ImageError:
                self._give_back(process)
                raise
            except BaseException:
                self._end(process)  # nobody knows what it would answer next
                raise
            self._give_back(process)
            return image

    def _take(self) -> _Process:
        try:
            return self._idle.pop()
        except IndexError:
            process = _Process()
            self._all.add(process)
            return process

    def _give_back(self, process: _Process) -> None:
        if process.decoded >= _RENEWED or not process.alive:
            self._end(process)
        else:
            self._idle.append(process)

    def _end(self, process: _Process) -> None:
        self._all.discard(process)
        process.kill()


class _DiedError(Exception):
    """A decoder process ended in the middle of an image."""


class _Process:
    """One decoder process, and the memory it shares with this one."""

    def __init__(self) -> None:
        self.decoded = 0
        shared = os.memfd_create("image")
        try:
            os.ftruncate(shared, decoding.SHARED)
            self._memory = mmap.mmap(shared, decoding.SHARED)
            self._popen = subprocess.Popen(
                [sys.executable, "-I", str(Path(decoding.__file__)), str(shared)],
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
        return self._popen.poll() is None

    def decode(self, data: bytes, least_side: int, deadline: float) -> Image.Image:
        """Have one image decoded; errors as `Decoder.decode` names them, or `_DiedError`."""
        self.decoded += 1
        self._memory[: len(data)] = data
        well, width, height = self._ask(decoding.REQUEST.pack(len(data), least_side), deadline)
        if not well:
            raise ImageError(self._memory[:width].decode(errors="replace"))
        used = 3 * width * height
        with memoryview(self._memory) as memory, memory[:used] as pixels:
            image = Image.frombytes("RGB", (width, height), pixels)
        if max(used, len(data)) > _KEPT:
            self._memory.madvise(mmap.MADV_REMOVE)
        return image

    def _ask(self, request: bytes, deadline: float) -> tuple[bool, int, int]:
        assert self._popen.stdin and self._popen.stdout  # noqa: S101, PT018 - they are pipes
        try:
            self._popen.stdin.write(request)
            if not self._answers.poll(deadline * 1_000):
                self.kill()
                raise ImageUnavailableError(f"the machine is too busy to decode the image within {deadline:g} s")
            answer = self._popen.stdout.read(decoding.ANSWER.size)
        except BrokenPipeError:
            answer = b""
        if not answer:
            self._popen.wait()
            if self._popen.returncode == -signal.SIGXCPU:
                raise ImageError(f"the image takes more than {decoding.CPU_SECONDS} s of a core to decode")
            raise _DiedError(self._describe_end())
        well, width, height = decoding.ANSWER.unpack(answer)
        if (well and width * height > decoding.MAX_PIXELS) or (not well and width > decoding.MAX_BYTES):
            raise _DiedError("it gave an answer that can't be")
        return well, width, height

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
