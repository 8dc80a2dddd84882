"""What can go wrong with a queue."""

from __future__ import annotations

from indexer.errors import ProductSearchError


class QueueError(ProductSearchError):
    """Redis doesn't take work: it is away, or has no memory left. The same may be asked again later."""


class QueueFullError(QueueError):
    """More waits than QUEUE_LIMIT allows. The same may be asked again later."""
