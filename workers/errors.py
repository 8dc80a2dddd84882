"""Errors of the queues. Callers outside workers/queues/ never see redis-py's own errors."""

from __future__ import annotations

from indexer.errors import ProductSearchError


class QueueError(ProductSearchError):
    """Redis does not accept work now; the same call may succeed later."""


class RedisUnavailableError(QueueError):
    """Redis is down, still loading, or out of memory."""


class QueueFullError(QueueError):
    """As many events wait as QUEUE_LIMIT allows."""
