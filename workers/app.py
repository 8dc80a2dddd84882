"""The Celery app. Its configuration is read from the environment when it is first needed, not at import."""

from __future__ import annotations

from typing import Any

from celery import Celery

from indexer.settings import Settings

EMBEDDING = "embedding"  # tasks that need a model and can wait: one process, which takes one task at a time
INTERACTIVE = "interactive"  # tasks that need a model while a shopper waits
WRITING = "writing"  # catalogue events on their way into Elasticsearch
HOUSEKEEPING = "housekeeping"  # what beat asks for

EMBED_PHOTO = "workers.embed_photo"

app = Celery("workers", include=["workers.tasks"])


@app.add_defaults
def configuration() -> dict[str, Any]:
    """Configure Celery from the settings."""
    return {
        "broker_url": Settings.from_environment().redis_url,
        "broker_connection_retry_on_startup": True,
        # Redis gives a task to another worker when it isn't acknowledged by then.
        "broker_transport_options": {"visibility_timeout": 3600},
        # A publisher must not hang when Redis is away: the hook answers 503 instead.
        "task_publish_retry_policy": {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2},
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_routes": {
            "workers.embed_products": {"queue": EMBEDDING},
            EMBED_PHOTO: {"queue": INTERACTIVE},
        },
        # A task is done when its vectors are written; one whose process died is given to another.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
    }
