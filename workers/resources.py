"""What a worker process holds: loaded once, after the fork, never at import."""

from __future__ import annotations

from functools import cache

import redis

from indexer.pipeline import Pipeline
from indexer.settings import Settings


@cache
def pipeline() -> Pipeline:
    """Give this process's pipeline, its models loaded."""
    return Pipeline.from_settings(Settings.from_environment())


@cache
def redis_client() -> redis.Redis:
    """Give this process's connections to Redis."""
    return redis.Redis.from_url(Settings.from_environment().redis_url, socket_timeout=30)
