"""What a worker process holds: made once, after the fork, never at import."""

from __future__ import annotations

import threading
from functools import cache

import redis
from elasticsearch import Elasticsearch
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from indexer.elastic.client import connect
from indexer.elastic.dead_letters import DeadLetters
from indexer.embedding.pipeline import Pipeline
from indexer.settings import Settings
from workers.queues.counters import Counters
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import EventQueue


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
def elasticsearch() -> Elasticsearch:
    """Return this process's connections to Elasticsearch."""
    return connect(settings())


@cache
def redis_client() -> redis.Redis:
    """Return this process's connections to Redis, which wait out a restart of it."""
    patient = Retry(ExponentialWithJitterBackoff(cap=2, base=0.1), retries=12)
    lost: list[type[Exception]] = [redis.ConnectionError, redis.TimeoutError, redis.exceptions.BusyLoadingError]
    return redis.Redis.from_url(settings().redis_url, socket_timeout=30, retry=patient, retry_on_error=lost)


@cache
def events() -> EventQueue:
    """Return the queue of catalogue events."""
    return EventQueue(redis_client(), settings().index_name, settings().queue_limit)


@cache
def embedding() -> EmbeddingQueue:
    """Return the queue of products that wait for their vectors."""
    return EmbeddingQueue(redis_client(), settings().index_name)


@cache
def counters() -> Counters:
    """Return what is counted."""
    return Counters(redis_client(), settings().index_name)


@cache
def dead_letters() -> DeadLetters:
    """Return what can't succeed as it is."""
    return DeadLetters(elasticsearch(), settings().index_name)
