"""One item that can't be processed is noted, and the others are processed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from elastic_transport import SerializationError, TransportError
from elasticsearch import ApiError

from indexer.elastic.client import accepts_later
from indexer.errors import ProductSearchError, is_of_machine

_OF_CONTENT = {400, 413}  # statuses that what is sent can cause: invalid, or more than a proxy lets pass at once

Item = TypeVar("Item")
Result = TypeVar("Result")


def concerns_all(error: Exception) -> bool:
    """Return whether an error has nothing to do with a single item: a server is away, a disk is full."""
    if isinstance(error, ApiError) and error.status_code in _OF_CONTENT:
        return accepts_later(error.status_code, error.error)
    if isinstance(error, SerializationError):
        return "deserialize" in str(error)  # half an answer
    return isinstance(error, (ApiError, TransportError, ProductSearchError, MemoryError)) or is_of_machine(error)


def bisect_on_error(
    process: Callable[[Sequence[Item]], Result], items: Sequence[Item], note: Callable[[Item, Exception], Result]
) -> Iterator[Result]:
    """Process items together; if that fails, bisect them until the one at fault stands alone.

    Parameters
    ----------
    process : callable
        May be called again with items that it has processed.
    note : callable
        Notes an item that can't be processed, and returns what stands for its result.

    Yields
    ------
    Result
        Of the parts, in the order of the items.

    Raises
    ------
    Exception
        The error concerns all of them.
    """
    try:
        result = process(items)
    except Exception as error:
        if concerns_all(error):
            raise
        if len(items) > 1:
            half = len(items) // 2
            yield from bisect_on_error(process, items[:half], note)
            yield from bisect_on_error(process, items[half:], note)
            return
        result = note(items[0], error)
    yield result
