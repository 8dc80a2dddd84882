"""The Celery app. Its configuration is read from the environment on first use, not at import."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu import Exchange, Queue

from indexer.settings import Settings
from workers.redis_address import RedisAddress

# Queues. Each of the first two has a worker with models; the writing worker consumes all others, so that a new queue
# that needs no model is added here alone.
EMBEDDING = "embedding"  # needs a model, can wait
INTERACTIVE = "interactive"  # needs a model, and a shopper is waiting
WRITING = "writing"  # catalogue events on their way into Elasticsearch
HOUSEKEEPING = "housekeeping"  # periodic tasks
QUEUES = (EMBEDDING, INTERACTIVE, WRITING, HOUSEKEEPING)

# Task names; other systems may send these.
ACCEPT_EVENTS = "workers.accept_events"
WRITE_EVENTS = "workers.write_events"
EMBED_PRODUCTS = "workers.embed_products"
EMBED_WAITING = "workers.embed_waiting"
EMBED_PHOTO = "workers.embed_photo"
EMBED_TEXT = "workers.embed_text"
WRITE_INTERACTIONS = "workers.write_interactions"
WAKE = "workers.wake"
RECONCILE = "workers.reconcile"
PRUNE = "workers.prune"
SAMPLE_RECALL = "workers.sample_recall"
JUDGE_EXPERIMENT = "workers.judge_experiment"
SWEEP = "workers.sweep_attached"
CHECK_HEALTH = "workers.check_health"  # sent to one worker (workers/health.py)

_ROUTES = {
    SWEEP: EMBEDDING,
    ACCEPT_EVENTS: WRITING,
    WRITE_EVENTS: WRITING,
    WRITE_INTERACTIONS: WRITING,
    EMBED_PRODUCTS: WRITING,
    EMBED_WAITING: EMBEDDING,
    EMBED_PHOTO: INTERACTIVE,
    EMBED_TEXT: INTERACTIVE,
    **dict.fromkeys((WAKE, RECONCILE, PRUNE, SAMPLE_RECALL, JUDGE_EXPERIMENT), HOUSEKEEPING),
}

TIME_LIMIT = 600  # seconds after which a task counts as stuck and its process is killed

app = Celery("workers", include=["workers.tasks"])


def configuration() -> dict[str, Any]:
    """Configure Celery from the settings."""
    broker = RedisAddress(Settings.from_environment().redis_url).celery()
    return {
        **broker,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # Redis may be down for a long time
        "broker_channel_error_retry": True,  # or be full: otherwise a command that it refuses ends the worker
        # Redis redelivers a task that is not acknowledged within this time, so it must exceed the longest run.
        "broker_transport_options": {
            "visibility_timeout": TIME_LIMIT + 300,
            # A Redis that hangs must not hold up a web request; workers connect again.
            "socket_connect_timeout": 2,
            "socket_timeout": 5,
            **broker.get("broker_transport_options", {}),
        },
        # A publisher must not hang while Redis is down: the webhook answers 503 instead.
        "task_publish_retry_policy": {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2},
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_routes": {name: {"queue": queue} for name, queue in _ROUTES.items()},
        # Declared, so that a worker can consume all queues except some.
        "task_queues": [Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
        # Acknowledge a task only when its work is done; redeliver it if its process dies.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": TIME_LIMIT,
        "worker_lost_wait": 1.0,
        "worker_proc_alive_timeout": 60.0,  # a busy machine may take longer than the usual 4 s to start a process
        "worker_prefetch_multiplier": 1,
        "worker_direct": True,  # a queue of its own for each worker, for health checks
        "worker_hijack_root_logger": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # Beat has no schedule (see workers/scheduler.py). If it is started anyway, this one writes no pickle.
        "beat_scheduler": "celery.beat:Scheduler",
    }


app.add_defaults(configuration)
