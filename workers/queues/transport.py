"""Celery's transport over Redis, which survives entries that are no messages of Celery's, and restarts of Redis.

Whoever reaches Redis can write to its queues. What Kombu can't read raises an error that ends the worker, and such an
entry among the tasks taken ends every worker that looks for lost ones.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty
from typing import Any

from kombu.transport import redis

log = logging.getLogger(__name__)

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_redis: Any = redis  # its type stubs lack what is used here


class _QoS(_redis.QoS):  # type: ignore[misc]
    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:
        try:
            super().restore_by_tag(tag, client, leftmost)
        except _UNREADABLE:
            log.exception("dropped a taken task that can't be read: %.80r", tag)
            with self.channel.conn_or_acquire(client) as connected, connected.pipeline() as commands:
                self._remove_from_indices(tag, commands).execute()


class _Channel(_redis.Channel):  # type: ignore[misc]
    QoS = _QoS

    def _connparams(self, *args: Any, **options: Any) -> Any:
        """Build the parameters of a connection, or raise an error after which Celery connects again.

        Kombu raises AttributeError for a connection that was closed meanwhile: one restart of Redis in five or so ended
        a worker.
        """
        if self.connection.client is None:
            raise ConnectionError("the connection to Redis was closed")
        return super()._connparams(*args, **options)

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Callable[[Any], Any], consumer_tag: str, **options: Any
    ) -> Any:
        """Consume a queue; a message on which the consumer fails is rejected, because it would occupy the worker."""

        def guarded(message: Any) -> None:
            try:
                callback(message)
            except self.connection_errors:
                raise
            except _UNREADABLE:
                log.exception("dropped a message of the queue %s that is no task", queue)
                message.reject_log_error(log, self.connection_errors)

        return super().basic_consume(queue, no_ack, guarded, consumer_tag, **options)

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except self.connection_errors:
            raise
        except _UNREADABLE:
            log.exception("dropped an entry of a task queue that is no message")
            raise Empty from None


class Transport(_redis.Transport):  # type: ignore[misc]
    """Kombu's transport, with the channel above."""

    Channel = _Channel


class _SentinelChannel(_Channel, _redis.SentinelChannel):  # type: ignore[misc]
    """The same, to the master that sentinels name."""


class SentinelTransport(Transport):
    """The transport to a Redis whose master sentinels know."""

    default_port = _redis.SentinelTransport.default_port
    Channel = _SentinelChannel
