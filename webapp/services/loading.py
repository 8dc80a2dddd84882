"""Whether the shop is still being loaded, read often and asked of Redis rarely."""

from __future__ import annotations

from threading import Lock

from cachetools import TTLCache, cachedmethod

from workers.errors import RedisUnavailableError
from workers.queues.loading_progress import LoadingProgress, LoadingState

_SECONDS = 2.0  # for which every page of a process shows the same


class Loading:
    """The state of the shop's load, at most two seconds old; none while Redis is down."""

    def __init__(self, progress: LoadingProgress) -> None:
        self._progress, self._lock = progress, Lock()
        self._cache: TTLCache[object, LoadingState | None] = TTLCache(1, _SECONDS)

    @cachedmethod(lambda self: self._cache, lock=lambda self: self._lock)
    def state(self) -> LoadingState | None:
        """Return how far the load is; None if there is none, or if it can't be read."""
        try:
            return self._progress.read()
        except RedisUnavailableError:
            return None
