"""The tasks. Each calls one function."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from celery.signals import celeryd_after_setup, setup_logging, worker_process_init
from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer.embedding.photos import Box
from indexer.errors import ProductSearchError
from workers import embedding, housekeeping, logs, metrics, photos, resources, sweeping, writing
from workers.app import (
    ACCEPT_EVENTS,
    EMBED_PHOTO,
    EMBED_PRODUCTS,
    EMBED_WAITING,
    EMBEDDING,
    INTERACTIVE,
    PRUNE,
    RECONCILE,
    SAMPLE_RECALL,
    SWEEP,
    WAKE,
    WRITE_EVENTS,
    app,
)
from workers.errors import QueueError

log = logging.getLogger(__name__)

_queues: set[str] = set()  # those that this worker takes; known before it forks

# What other systems send stays in Celery's queue until ours takes it.
_RETRIED: dict[str, Any] = {
    "autoretry_for": (QueueError, TransportError, ApiError),
    "retry_backoff": True,
    "retry_backoff_max": 60,
    "retry_jitter": True,
    "max_retries": None,
}


@app.task(name=ACCEPT_EVENTS, bind=True, **_RETRIED)
def accept_events(self: Any, events: list[Any]) -> None:
    """Take catalogue events from another system."""
    writing.accept(events, self.request.id)


@app.task(name=EMBED_PRODUCTS, **_RETRIED)
def embed_products(ids: list[str]) -> None:
    """Queue products to be embedded."""
    writing.embed(ids)


@app.task(name=WRITE_EVENTS, bind=True)
def write_events(self: Any) -> None:
    """Write the catalogue events that wait."""
    writing.write_waiting(f"{self.request.hostname}:{os.getpid()}")


@app.task(name=EMBED_WAITING, bind=True)
def embed_waiting(self: Any) -> None:
    """Embed a batch of the products that wait."""
    embedding.embed_waiting(self.request.id)


# Acknowledged at once, so that no photograph waits in Redis longer than its shopper.
@app.task(name=EMBED_PHOTO, acks_late=False)
def embed_photo(photo: str, box: Box | None, reply_to: str) -> None:
    """Answer with the vector of a shopper's photograph (base64)."""
    photos.answer(resources.pipeline(), resources.queues(), photo, box, reply_to)


@app.task(name=WAKE)
def wake() -> None:
    """Wake workers to what waits, and reclaim what dead workers had taken."""
    housekeeping.wake()


@app.task(name=RECONCILE)
def reconcile() -> None:
    """Queue the products whose vector is missing or old."""
    housekeeping.reconcile()


@app.task(name=PRUNE)
def prune() -> None:
    """Forget what is kept no longer."""
    housekeeping.prune()


@app.task(name=SAMPLE_RECALL)
def sample_recall() -> None:
    """Measure how much of the true order the approximate search finds."""
    housekeeping.sample_recall()


@app.task(name=SWEEP)
def sweep_attached() -> None:
    """Embed what changed in attached indices."""
    sweeping.sweep_attached()


@setup_logging.connect
def configure_logging(loglevel: int | None = None, **_: Any) -> None:
    """Write logs as LOG_FORMAT says."""
    logs.configure(resources.settings().log_format, loglevel or logging.INFO)


@celeryd_after_setup.connect
def note_queues(instance: Any, **_: Any) -> None:
    """Note which queues this worker takes, and serve its metrics."""
    _queues.update(instance.app.amqp.queues.consume_from)
    if port := resources.settings().metrics_port:
        metrics.serve(port)


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Begin to load the models before the first task, which then waits for less of it.

    In a thread: a process that isn't up within seconds is killed by Celery, and so is each that replaces it.
    """
    if _queues & {EMBEDDING, INTERACTIVE}:
        threading.Thread(target=_load_models, name="models", daemon=True).start()


def _load_models() -> None:
    try:
        resources.pipeline()
    except (ProductSearchError, TransportError, ApiError) as error:
        # The first task tries again, and says it where tasks say things.
        log.warning("not warmed up: %s", error)
