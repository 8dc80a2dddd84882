"""Process several items concurrently, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def map_concurrently(work: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Map in threads, in order, at most ``threads`` items at a time; the first error is raised."""
    ahead = deque[Future[R]]()
    with ThreadPoolExecutor(threads, "batches") as pool:
        try:
            for item in items:
                ahead.append(pool.submit(work, item))
                if len(ahead) == threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
