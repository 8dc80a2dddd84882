"""What can go wrong with a queue. Nobody outside workers/queues/ sees the errors of Redis itself."""

from __future__ import annotations

from indexer.errors import ProductSearchError


class QueueError(ProductSearchError):
    """Redis doesn't take work. The same may be asked again later."""


class RedisUnavailableError(QueueError):
    """Redis is away, is still loading, or has no memory left."""


class QueueFullError(QueueError):
    """More waits than QUEUE_LIMIT allows."""
