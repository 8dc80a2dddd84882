"""Which errors are transient, and how long to wait before the same work is tried again."""

from __future__ import annotations

import random

import redis
from elastic_transport import ConnectionError as ElasticsearchAway
from elastic_transport import ConnectionTimeout
from elasticsearch import ApiError
from kombu.exceptions import OperationalError

from indexer.errors import ProductSearchError

_LONGEST = 60.0  # seconds


def is_transient(error: BaseException) -> bool:
    """Return whether the same work may succeed later: a server is away or busy, or a person has a setting to mend."""
    if isinstance(error, ApiError):
        return error.status_code in {404, 409, 429} or error.status_code >= 500
    away = (ElasticsearchAway, ConnectionTimeout, redis.RedisError, OperationalError)
    return isinstance(error, (*away, ProductSearchError))


def pause(times: int) -> float:
    """Return the seconds to wait after failing for the nth time: doubled up to a minute, half of it by chance.

    Chance keeps those who failed together from coming back together.
    """
    longest = min(_LONGEST, 2.0 ** min(times, 10))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - no secret


def reason(error: BaseException) -> str:
    """Name the kind of an error, for a metric's label: few values, no ids in them."""
    if isinstance(error, ApiError):
        return f"elasticsearch {error.status_code}"
    return type(error).__name__
