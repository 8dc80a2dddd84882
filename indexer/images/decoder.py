"""A pool of processes that decode images, so that a crash, a bomb or a loop in a codec hurts nobody else."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from PIL import Image

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoding.decoding import MAX_BYTES
from indexer.images.decoding.preparations import Preparation, Prepared
from indexer.images.process import DecoderProcess, DiedError

T = TypeVar("T")

# Seconds that may pass while one image is decoded. What an image may cost is counted by its decoder's own CPU time
# (program.CPU_SECONDS): on a busy machine a sound image waits for a core, and must not be taken for a bomb.
DEADLINE = 60.0
_TRIES = 3  # of an image whose decoder died
_RENEWED = 5_000  # images after which a process is replaced, so that a leak in a codec stays small


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
        own (`program.CPU_SECONDS`).

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
        return self._until_alive(data, lambda process: process.decode(data, least_side, self._deadline))

    def prepare(self, data: bytes, wanted: tuple[Preparation, ...], *, least_side: int = 0) -> list[Prepared]:
        """Decode an image and prepare it for models, in the same process: only what they look at comes back.

        Parameters
        ----------
        data : bytes
            As in `decode`.
        wanted : tuple of Preparation
            What is made of the image.
        least_side : int
            As in `decode`.

        Returns
        -------
        list of ndarray
            One for each preparation, of its shape and type.

        Raises
        ------
        ImageError, ImageUnavailableError
            As in `decode`.
        """
        return self._until_alive(data, lambda process: process.prepare(data, wanted, least_side, self._deadline))

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
        self._idle: deque[DecoderProcess] = deque()
        self._all: set[DecoderProcess] = set()

    def _until_alive(self, data: bytes, work: Callable[[DecoderProcess], T]) -> T:
        """Try again where a process dies: perhaps not of this image, the kernel or somebody may have ended it."""
        if len(data) > MAX_BYTES:
            raise ImageError(f"the image is larger than {MAX_BYTES >> 20} MiB")
        for _ in range(_TRIES):
            try:
                return self._attempt(work)
            except DiedError as error:
                end = str(error)
        if end == signal.SIGKILL.name:
            raise ImageUnavailableError(f"the image's decoder was killed {_TRIES} times: is memory short?")
        raise ImageError(f"the image made its decoder fail: {end}")

    def _attempt(self, work: Callable[[DecoderProcess], T]) -> T:
        if self._process_id != os.getpid():
            # Forked: the processes are the parent's, and two must not talk to one.
            self._start_over()
        with self._free:
            process = self._take()
            try:
                made = work(process)
            except ImageError:
                self._give_back(process)
                raise
            except BaseException:
                self._end(process)  # nobody knows what it would answer next
                raise
            self._give_back(process)
            return made

    def _take(self) -> DecoderProcess:
        try:
            return self._idle.pop()
        except IndexError:
            process = DecoderProcess()
            self._all.add(process)
            return process

    def _give_back(self, process: DecoderProcess) -> None:
        if process.decoded >= _RENEWED or not process.alive:
            self._end(process)
        else:
            self._idle.append(process)

    def _end(self, process: DecoderProcess) -> None:
        self._all.discard(process)
        process.kill()
