"""The tasks. Each takes ids and calls one function of indexer/."""

from __future__ import annotations

import logging
from typing import Any

from celery.signals import worker_process_init
from elastic_transport import ConnectionError as ElasticsearchAway
from elastic_transport import ConnectionTimeout
from elasticsearch import ApiError

from indexer.errors import ProductSearchError
from indexer.photos import Box
from workers import photos, resources
from workers.app import EMBED_PHOTO, app

log = logging.getLogger(__name__)


class BusyError(Exception):
    """Elasticsearch answered that it can't just now (429 or 5xx)."""


@app.task(
    name="workers.embed_products",
    autoretry_for=(ElasticsearchAway, ConnectionTimeout, BusyError),
    retry_backoff=True,
    retry_backoff_max=60,
    retry_jitter=True,
    max_retries=20,
)
def embed_products(ids: list[str]) -> None:
    """Give products their vectors."""
    try:
        report = resources.pipeline().vectorize(ids)
    except ApiError as error:
        if error.status_code == 429 or error.status_code >= 500:
            raise BusyError(str(error)) from error
        raise
    log.info(
        "embedded %d products: %d written, %d waiting for a vector space, %d current, %d gone, %d failed",
        *(len(part) for part in (ids, report.written, report.waiting, report.current, report.gone, report.failed)),
    )
    for product_id, why in report.failed.items():
        log.warning("product %s: %s", product_id, why)


# Acknowledged at once, so that no photograph waits in Redis longer than its shopper.
@app.task(name=EMBED_PHOTO, acks_late=False)
def embed_photo(photo: str, box: Box | None, reply_to: str) -> None:
    """Answer with the vector of a shopper's photograph (base64)."""
    photos.answer(resources.pipeline(), resources.redis_client(), photo, box, reply_to)


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Load the models before the first task, so that it isn't the one that waits."""
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)  # a line for each request is too many
    try:
        resources.pipeline()
    except (ProductSearchError, ElasticsearchAway, ConnectionTimeout, ApiError) as error:
        # The first task tries again, and says it where tasks say things.
        log.warning("not warmed up: %s", error)
