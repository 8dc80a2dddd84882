"""Process several items concurrently, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def map_concurrently(work: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Map in threads, in order, at most ``threads`` items at a time; the first error is raised.

    Whatever was taken from ``items`` is worked on to its end, even if the caller stops or another item fails.
    """
    ahead = deque[Future[R]]()
    with ThreadPoolExecutor(threads, "batches") as pool:
        for item in items:
            ahead.append(pool.submit(work, item))
            if len(ahead) == threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
