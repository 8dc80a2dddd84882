"""Connections to Redis: the one place that decides on time-outs, retries and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from indexer import deadlines
from workers.errors import RedisUnavailableError
from workers.redis_address import RedisAddress

_REDIS = "redis"
_sentinel: Any = redis.sentinel  # without type hints


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


Measured = Callable[[], AbstractContextManager[None]]


class _Client(redis.Redis):
    """A client that measures how long commands and pipelines take, with their retries."""

    measured: Measured = nullcontext

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with self.measured():
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: Any = True, shard_hint: Any = None) -> Any:
        pipeline = _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        pipeline.measured = self.measured
        return pipeline


class _Pipeline(redis.client.Pipeline):
    measured: Measured = nullcontext

    def execute(self, *args: Any, **options: Any) -> Any:
        with self.measured():
            return super().execute(*args, **options)


def connect(url: str, patience: Patience, measured: Measured = nullcontext) -> redis.Redis:
    """Return a client of Redis; it connects on first use.

    Parameters
    ----------
    measured : callable, optional
        Returns a context in which a command, or a pipeline, is sent and answered.
    """
    client = _patient(RedisAddress(url), patience)
    client.measured = measured
    return client


def _patient(address: RedisAddress, patience: Patience) -> _Client:
    timeouts = {"socket_connect_timeout": patience.connect, "socket_timeout": patience.answer}
    if not patience.outlasts_restart:
        return _client(address, timeouts)
    retry = Retry(ExponentialWithJitterBackoff(cap=2, base=0.1), retries=12)
    retried: list[type[Exception]] = [redis.ConnectionError, redis.TimeoutError, redis.exceptions.BusyLoadingError]
    return _client(address, timeouts, retry=retry, retry_on_error=retried)


def _client(address: RedisAddress, timeouts: dict[str, float], **retries: Any) -> _Client:
    if not address.is_sentinel:
        return cast(_Client, _Client.from_url(address.url, **timeouts, **retries))
    sentinel: Any = _sentinel.Sentinel(address.sentinels(), sentinel_kwargs={**timeouts, **address.of_sentinels()})
    master: _Client = sentinel.master_for(
        address.master(), _Client, db=address.db(), **address.credentials(), **timeouts, **retries
    )
    return master


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
