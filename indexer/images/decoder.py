"""A pool of processes that decode images, so that a crash, a bomb or a loop in a codec stays in its process."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import TypeVar

from PIL import Image

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoding.decoding import MAX_BYTES
from indexer.images.decoding.preparations import Preparation, Prepared
from indexer.images.process import DecoderProcess, DiedError

T = TypeVar("T")

# Seconds that one image may take. Its cost is limited by CPU time, because on a busy machine a sound image waits for a
# core, and must not be mistaken for a bomb; wall-clock time only ends the wait.
_CPU_SECONDS, _DEADLINE = 10.0, 60.0
# A shopper waits for a photograph, and anybody may send one. One of 12 megapixels takes up to 0.2 s of a core, a PNG of
# 50 with alpha at 16 bits 1.1.
_PHOTO_DEADLINE = 4.0
_ATTEMPTS = 3  # at an image whose decoder died
_MAX_DECODED = 5_000  # images after which a process is replaced, so that a leak in a codec stays small


class Decoder:
    """Decodes images in separate processes, one per core. Nothing else in the project opens an untrusted image.

    Thread-safe. Processes start with the first image and are replaced when they die; each has limits on memory, CPU
    time and open files, an empty environment and none of this process's memory. Works in the children of a prefork
    server, which can't use `multiprocessing`; a fork starts processes of its own.

    Parameters
    ----------
    processes : int
        How many images are decoded in parallel; 0: as many as there are cores.
    cpu_seconds : float
        Seconds of a core that one image may take.
    deadline : float
        Wall-clock seconds for one image, including the waits for a free process and a core.

    Examples
    --------
    >>> with Decoder() as decoder:
    ...     for image in decoder.decode_many(files, least_side=300):
    ...         ...  # a PIL image, or the ImageError that says why there is none
    """

    name = "processes"  # kept with the activations of what it decodes

    def __init__(self, processes: int = 0, *, cpu_seconds: float = _CPU_SECONDS, deadline: float = _DEADLINE) -> None:
        self._size = processes or len(os.sched_getaffinity(0))
        self._cpu_seconds, self._deadline = cpu_seconds, deadline
        # By default Pillow returns each image's memory to the kernel and allocates it again for the next: 2.7 ms of
        # 3.7 for one of 1.3 megapixels.
        Image.core.set_blocks_max(2)  # type: ignore[attr-defined]
        self._start_over()

    @classmethod
    def for_photos(cls, cpu_seconds: float) -> Decoder:
        """Build the decoder of shoppers' photographs.

        Its process is its own, so that neither photographs nor the catalogue's images wait for the others, and only
        one, so that a flood of photographs takes no more than a core.
        """
        return cls(1, cpu_seconds=cpu_seconds, deadline=_PHOTO_DEADLINE)

    def decode(self, data: bytes, *, least_side: int = 0) -> Image.Image:
        """Decode an image to upright RGB in sRGB, transparent parts white; of an animation, the first frame.

        Waits for a free process.

        Parameters
        ----------
        data : bytes
            The file; its content decides the format.
        least_side : int
            Pixels that the shorter side must keep. A much larger image is decoded at a reduced scale (JPEG) or
            reduced afterwards, to twice this or more; 0 decodes at full size.

        Raises
        ------
        ImageError
            Not an image, broken, in an unsupported format, above 20 MiB or 50 megapixels, or it took too much memory
            or CPU time. The message says which.
        ImageUnavailableError
            The machine was too busy to decode it, or short of memory.
        """
        return self._with_retries(data, lambda process, seconds: process.decode(data, least_side, seconds))

    def prepare(self, data: bytes, preparations: tuple[Preparation, ...], *, least_side: int = 0) -> list[Prepared]:
        """Decode an image and prepare it for models in the same process, so that only their inputs are copied back.

        Parameters
        ----------
        data : bytes
            As in `decode`.
        preparations : tuple of Preparation
            What the models need of the image.
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
        return self._with_retries(
            data, lambda process, seconds: process.prepare(data, preparations, least_side, seconds)
        )

    def decode_many(self, files: Iterable[bytes], *, least_side: int = 0) -> Iterator[Image.Image | ImageError]:
        """Decode images in parallel and yield them in order.

        Parameters
        ----------
        files : iterable of bytes
            Read only a few ahead of what was yielded, so that memory stays flat however many there are.
        least_side : int
            As in `decode`.

        Yields
        ------
        PIL.Image.Image or ImageError
            One per file; an error affects no other file.
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
        """End the processes. Those of a decoder that is never closed end when their stdin does."""
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

    def _with_retries(self, data: bytes, work: Callable[[DecoderProcess, float], T]) -> T:
        """Try again in a fresh process if one dies: earlier images, the kernel or a person may be the cause."""
        if len(data) > MAX_BYTES:
            raise ImageError(f"the image is larger than {MAX_BYTES >> 20} MiB")
        until = time.monotonic() + self._deadline
        for attempt in range(_ATTEMPTS):
            try:
                return self._attempt(work, until, fresh=attempt > 0)
            except DiedError as error:
                reason = str(error)
            except TimeoutError:
                raise ImageUnavailableError(
                    f"the machine is too busy to decode the image within {self._deadline:g} s"
                ) from None
        if reason == signal.SIGKILL.name:
            raise ImageUnavailableError(f"the image's decoder was killed {_ATTEMPTS} times: is memory short?")
        raise ImageError(f"the image made its decoder fail: {reason}")

    def _attempt(self, work: Callable[[DecoderProcess, float], T], until: float, *, fresh: bool) -> T:
        if self._process_id != os.getpid():
            # Forked: the processes are the parent's and can't be shared.
            self._start_over()
        with self._turn(until):
            process = self._take(fresh=fresh)
            try:
                result = work(process, max(0.0, until - time.monotonic()))
            except ImageError:
                self._give_back(process)
                raise
            except BaseException:
                self._end(process)  # its next answer can't be trusted
                raise
            self._give_back(process)
            return result

    @contextmanager
    def _turn(self, until: float) -> Iterator[None]:
        free = self._free
        if not free.acquire(timeout=max(0.0, until - time.monotonic())):
            raise TimeoutError
        try:
            yield
        finally:
            free.release()

    def _take(self, *, fresh: bool) -> DecoderProcess:
        try:
            process = self._idle.pop()
        except IndexError:
            pass
        else:
            if not fresh:
                return process
            self._end(process)
        process = DecoderProcess(self._cpu_seconds)
        self._all.add(process)
        return process

    def _give_back(self, process: DecoderProcess) -> None:
        if process.decoded >= _MAX_DECODED or not process.alive:
            self._end(process)
        else:
            self._idle.append(process)

    def _end(self, process: DecoderProcess) -> None:
        self._all.discard(process)
        process.kill()
