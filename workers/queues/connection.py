"""Connections to Redis: the one place that decides on time-outs, retries and errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from indexer import deadlines
from workers.errors import RedisUnavailableError

_REDIS = "redis"


@dataclass(frozen=True)
class Patience:
    """How long to wait for Redis.

    Attributes
    ----------
    connect, answer : float
        Seconds to wait for a connection, and for the answer to a command.
    outlasts_restart : bool
        Whether commands are retried for as long as a restart of Redis takes.
    """

    connect: float
    answer: float
    outlasts_restart: bool = False


PAGE = Patience(connect=1, answer=1)  # for web requests: most pages can be served without Redis
COMMAND = Patience(connect=2, answer=10)  # for the command line
WORKER = Patience(connect=5, answer=30, outlasts_restart=True)


def connect(url: str, patience: Patience) -> redis.Redis:
    """Return a client of Redis; it connects on first use."""
    timeouts = {"socket_connect_timeout": patience.connect, "socket_timeout": patience.answer}
    if not patience.outlasts_restart:
        return redis.Redis.from_url(url, **timeouts)
    retry = Retry(ExponentialWithJitterBackoff(cap=2, base=0.1), retries=12)
    retried: list[type[Exception]] = [redis.ConnectionError, redis.TimeoutError, redis.exceptions.BusyLoadingError]
    return redis.Redis.from_url(url, **timeouts, retry=retry, retry_on_error=retried)


@contextmanager
def translated(message: str = "Redis doesn't answer: {kind}") -> Iterator[None]:
    """Turn errors of redis-py into ours. A context manager, and a decorator for methods that send commands.

    Parameters
    ----------
    message : str
        Message for people; ``{kind}`` stands for the kind of the error.

    Raises
    ------
    RedisUnavailableError
        Redis is down, still loading, or out of memory; or it kept this request waiting before.
    """
    if deadlines.has_given_up(_REDIS):
        raise RedisUnavailableError(message.format(kind="it kept this request waiting"))
    try:
        yield
    except redis.RedisError as error:
        if isinstance(error, redis.TimeoutError | redis.ConnectionError):
            deadlines.give_up(_REDIS)
        raise RedisUnavailableError(message.format(kind=type(error).__name__)) from error
