"""What a worker process has open: each opened when first used, after the fork, never at import."""

from __future__ import annotations

import threading
from functools import cache

from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.settings import Settings
from workers.queues.handle import Queues


@cache
def settings() -> Settings:
    """Return this process's settings."""
    return Settings.from_environment()


_loading = threading.Lock()


def pipeline() -> Pipeline:
    """Return this process's pipeline, its models loaded: once, though batches come side by side."""
    with _loading:
        return _pipeline()


@cache
def _pipeline() -> Pipeline:
    return Pipeline.from_settings(settings())


@cache
def index() -> ProductIndex:
    """Return the shop's product index."""
    return ProductIndex.open(settings())


@cache
def queues() -> Queues:
    """Return the shop's queues and what else is in Redis; a restart of Redis is waited out."""
    return Queues.open(settings())


@cache
def dead_letters() -> DeadLetters:
    """Return the shop's dead letters."""
    return DeadLetters(index())
