from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from elastic_transport import ConnectionTimeout, SerializationError
from elasticsearch import ApiError, BadRequestError

from indexer.elastic.containment import bisect_on_error, concerns_all
from indexer.errors import SpaceError


def _api(status: int, error: str = "x") -> ApiError:
    meta: Any = SimpleNamespace(status=status)
    return (BadRequestError if status == 400 else ApiError)(error, meta, {})


def test_one_item_that_fails_takes_no_other_with_it() -> None:
    calls: list[Sequence[int]] = []

    def double(items: Sequence[int]) -> list[Any]:
        calls.append(items)
        if 5 in items:
            raise OverflowError("too large")
        return [2 * item for item in items]

    def note(item: int, error: Exception) -> list[Any]:
        return [f"{item}: {error}"]

    parts = bisect_on_error(double, list(range(8)), note)
    assert [value for part in parts for value in part] == [0, 2, 4, 6, 8, "5: too large", 12, 14]
    assert list(bisect_on_error(double, [1, 2], note)) == [[2, 4]]


@pytest.mark.parametrize("error", [_api(401), _api(503), ConnectionTimeout("x"), SpaceError("x"), MemoryError()])
def test_what_concerns_all_is_raised(error: Exception) -> None:
    def fail(_: Sequence[int]) -> None:
        raise error

    with pytest.raises(type(error)):
        list(bisect_on_error(fail, [1, 2], lambda *_: None))


def test_which_errors_concern_all() -> None:
    assert concerns_all(_api(400, "index_closed_exception"))
    assert not concerns_all(_api(400))
    assert not concerns_all(_api(413))
    assert concerns_all(SerializationError("Unable to deserialize as JSON: 'half an'"))
    assert not concerns_all(SerializationError("Unable to serialize to JSON: x"))
    assert not concerns_all(OverflowError())
