import errno
from types import SimpleNamespace
from typing import Any

import pytest
from elastic_transport import ConnectionTimeout, SerializationError, TlsError
from elasticsearch import ApiError, BadRequestError

from indexer.elastic.client import BulkFailure
from indexer.errors import DeviceError, SpaceError
from workers import failures
from workers.errors import RedisUnavailableError


def _api_error(status: int, kind: type[ApiError] = ApiError, error: str = "no") -> ApiError:
    meta: Any = SimpleNamespace(status=status)
    return kind(error, meta, {})


@pytest.mark.parametrize(
    "error",
    [
        _api_error(401),
        _api_error(403),
        _api_error(429),
        _api_error(503),
        _api_error(400, BadRequestError, "index_closed_exception"),
        ConnectionTimeout("x"),
        TlsError("x"),
        SerializationError("half an answer"),
        RedisUnavailableError("away"),
        SpaceError("fix LOOK_MODEL"),
        DeviceError("a model fails even on a blank input"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),  # no process can be started
    ],
)
def test_what_may_pass(error: Exception) -> None:
    assert failures.is_transient(error)


@pytest.mark.parametrize(
    "error", [_api_error(400, BadRequestError), ValueError("a bug"), MemoryError(), FileNotFoundError(2, "a bug")]
)
def test_what_does_not(error: Exception) -> None:
    assert not failures.is_transient(error)


def test_items_of_a_bulk_answer_are_told_apart() -> None:
    transient = {status: BulkFailure("a", status, "no").transient for status in (400, 401, 403, 404, 409, 429, 503)}
    assert transient == {400: False, 401: True, 403: True, 404: False, 409: True, 429: True, 503: True}
    assert BulkFailure("a", 400, "closed", "index_closed_exception").transient


def test_pauses_grow_to_a_minute_and_differ() -> None:
    for times, longest in ((1, 2), (3, 8), (6, 60), (1_000_000, 60)):
        drawn = [failures.pause(times) for _ in range(50)]
        assert all(longest / 2 <= pause <= longest for pause in drawn)
        assert len(set(drawn)) > 1


def test_reasons_are_few() -> None:
    assert failures.reason(_api_error(503)) == "elasticsearch 503"
    assert failures.reason(ValueError("product 17")) == "ValueError"


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (BulkFailure("a", 403, "index [x] blocked by: [FORBIDDEN/8/index write (api)];", "c"), "has a write block"),
        (BulkFailure("a", 429, "[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]", "c"), "disk of"),
        (BulkFailure("a", 400, "closed", "index_closed_exception"), "open it"),
        (_api_error(401), "ELASTICSEARCH_API_KEY"),
        (_api_error(403), "lacks a privilege"),
        (SpaceError("fix LOOK_MODEL"), "fix LOOK_MODEL"),
        (OSError(errno.ENOSPC, "No space left on device"), "Free space"),
        (DeviceError("a model fails even on a blank input: RuntimeError: CUDA error"), "look at its GPU"),
    ],
)
def test_what_a_person_can_do_is_said(cause: Exception | BulkFailure, words: str) -> None:
    assert words in failures.explain(cause)
