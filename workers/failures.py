"""Which errors are transient, and how long to wait before a retry."""

from __future__ import annotations

from elastic_transport import TransportError
from elasticsearch import ApiError
from kombu.exceptions import OperationalError

from indexer.backoff import backoff
from indexer.elastic.client import accepts_later
from indexer.errors import ProductSearchError

_FIRST, _LONGEST = 2.0, 60.0  # seconds


def is_transient(error: BaseException) -> bool:
    """Return whether a retry may succeed: a server is down or busy, or a person mends a key, a role or a setting."""
    if isinstance(error, ApiError):
        return error.status_code in {404, 409} or accepts_later(error.status_code, error.error)
    return isinstance(error, (TransportError, OperationalError, ProductSearchError))


def pause(times: int) -> float:
    """Return the seconds to wait after the nth failure in a row: doubling, up to a minute."""
    return backoff(times, first=_FIRST, longest=_LONGEST)


def reason(error: BaseException) -> str:
    """Return the kind of an error as a metric label: few distinct values, no ids."""
    if isinstance(error, ApiError):
        return f"elasticsearch {error.status_code}"
    return type(error).__name__
