"""The Celery tasks. Each calls one function."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from celery.signals import celeryd_after_setup, setup_logging, worker_process_init, worker_ready
from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer.elastic.client import check_version
from indexer.embedding.photos import Box
from indexer.errors import DeviceError, ProductSearchError
from workers import (
    embedding,
    health,
    housekeeping,
    interactions,
    logs,
    metrics,
    photos,
    priority,
    resources,
    scheduler,
    sweeping,
    text_queries,
    tracing,
    writing,
)
from workers.app import (
    ACCEPT_EVENTS,
    CHECK_HEALTH,
    EMBED_PHOTO,
    EMBED_PRODUCTS,
    EMBED_TEXT,
    EMBED_WAITING,
    EMBEDDING,
    HOUSEKEEPING,
    INTERACTIVE,
    JUDGE_EXPERIMENT,
    PRUNE,
    RECONCILE,
    SAMPLE_RECALL,
    SWEEP,
    WAKE,
    WRITE_EVENTS,
    WRITE_INTERACTIONS,
    app,
)

log = logging.getLogger(__name__)

P = ParamSpec("P")

_WITH_MODELS = {EMBEDDING, INTERACTIVE}
_queues: set[str] = set()  # those that this worker consumes; known before it forks


def _ends_with_models(task: Callable[P, None]) -> Callable[P, None]:
    """End this process once its models fail in it: a CUDA context that failed never recovers. Celery replaces it."""

    @wraps(task)
    def run(*args: P.args, **options: P.kwargs) -> None:
        try:
            task(*args, **options)
        except DeviceError as error:
            log.error("this process ends, and another replaces it: %s", error)
            raise SystemExit(1) from error

    return run


# Tasks sent by other systems stay in Celery's queue until ours accepts their work.
_RETRIED: dict[str, Any] = {
    "autoretry_for": (ProductSearchError, TransportError, ApiError),
    "retry_backoff": True,
    "retry_backoff_max": 60,
    "retry_jitter": True,
    "max_retries": None,
}


@app.task(name=ACCEPT_EVENTS, bind=True, **_RETRIED)
def accept_events(self: Any, events: list[Any]) -> None:
    """Accept catalogue events from another system."""
    writing.accept(events, self.request.id)


@app.task(name=EMBED_PRODUCTS, **_RETRIED)
def embed_products(ids: list[str]) -> None:
    """Queue products for embedding."""
    writing.embed(ids)


@app.task(name=WRITE_EVENTS, bind=True)
def write_events(self: Any) -> None:
    """Write the waiting catalogue events."""
    writing.write_waiting(f"{self.request.hostname}:{os.getpid()}")


@app.task(name=EMBED_WAITING, bind=True)
@_ends_with_models
def embed_waiting(self: Any) -> None:
    """Embed waiting products."""
    again = bool((self.request.delivery_info or {}).get("redelivered"))
    embedding.embed_waiting(self.request.id, serves_shoppers=INTERACTIVE in _queues, redelivered=again)


# Acknowledged at once: its shopper doesn't wait until another worker takes it over.
@app.task(name=EMBED_PHOTO, acks_late=False)
@_ends_with_models
def embed_photo(upload: str, box: Box | None, reply_to: str) -> None:
    """Reply with the vectors of a shopper's photograph, which is under the key ``upload``, and of its regions."""
    decoder, find = resources.photo_decoder(), resources.region_finder()
    photos.answer(resources.pipeline(), decoder, find, resources.queues(), upload, box, reply_to)


@app.task(name=EMBED_TEXT, acks_late=False)
@_ends_with_models
def embed_text(upload: str, space: str, reply_to: str) -> None:
    """Reply with the vector of a text query, whose words are under the key ``upload``."""
    text_queries.answer(resources.pipeline(), resources.queues(), upload, space, reply_to)


@app.task(name=CHECK_HEALTH, acks_late=False)
def check_health(reply_to: str) -> None:
    """Answer a health check of this worker, once this process has its models if it needs them."""
    if _queues & _WITH_MODELS:
        resources.pipeline()
    health.answer(resources.queues(), reply_to)


@app.task(name=WAKE)
def wake() -> None:
    """Wake workers for waiting work, and reclaim the batches of dead workers."""
    housekeeping.wake()


@app.task(name=WRITE_INTERACTIONS)
def write_interactions() -> None:
    """Write what shoppers ask and do."""
    interactions.write_waiting()


@app.task(name=RECONCILE)
def reconcile() -> None:
    """Queue the products whose vector is missing or out of date."""
    housekeeping.reconcile()


@app.task(name=PRUNE)
def prune() -> None:
    """Delete what has passed its retention period."""
    housekeeping.prune()


@app.task(name=JUDGE_EXPERIMENT)
def judge_experiment() -> None:
    """Count the visits of the experiment that runs, and stop it if it is worse beyond doubt."""
    housekeeping.judge_experiment()


@app.task(name=SAMPLE_RECALL)
def sample_recall() -> None:
    """Measure the recall of approximate search."""
    housekeeping.sample_recall()


# Not repeated by a new process at once: the next sweep goes on where this one ended.
@app.task(name=SWEEP, reject_on_worker_lost=False)
@_ends_with_models
def sweep_attached() -> None:
    """Embed what changed in attached indices."""
    sweeping.sweep_attached()


@setup_logging.connect
def configure_logging(loglevel: int | None = None, **_: Any) -> None:
    """Configure logging as LOG_FORMAT says."""
    logs.configure(resources.settings().log_format, loglevel or logging.INFO)


@celeryd_after_setup.connect
def prepare_worker(instance: Any, **_: Any) -> None:
    """Refuse an Elasticsearch that is too old, serve metrics, and note the queues; products have a lower priority."""
    try:
        check_version(resources.settings())
        if port := resources.settings().metrics_port:
            metrics.serve(port)
    except ProductSearchError as error:
        raise SystemExit(str(error)) from error  # Celery logs other exceptions, and starts nevertheless
    _queues.update(instance.app.amqp.queues.consume_from)
    if EMBEDDING in _queues and INTERACTIVE not in _queues:  # no shopper waits for it
        priority.lower(resources.settings().embedding_nice)


@worker_ready.connect
def schedule(**_: Any) -> None:
    """Start the scheduler once the task processes are up."""
    if HOUSEKEEPING in _queues:
        scheduler.start()


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Start to load the models, so that the first task waits less.

    In a thread, because Celery kills a process that isn't up within seconds, and so each that replaces it.
    """
    tracing.start(resources.settings(), "lookalike-worker")
    if _queues & _WITH_MODELS:
        threading.Thread(target=_load_models, name="models", daemon=True).start()


def _load_models() -> None:
    try:
        resources.pipeline()
        if INTERACTIVE in _queues:
            resources.region_finder()
    except (ProductSearchError, TransportError, ApiError) as error:
        # The first task tries again, and reports its error like any task.
        log.warning("not warmed up: %s", error)
