"""Embed queued products in batches of the size that the model runs best with."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer.elastic.dead_letters import DeadLetter
from indexer.embedding.giving_up import failure_reason, mark_failed
from indexer.embedding.overlapping import map_concurrently
from indexer.embedding.report import Report
from indexer.errors import DeviceError
from workers import failures, resources
from workers.app import EMBED_WAITING, INTERACTIVE
from workers.queues import keys
from workers.queues.embedding_queue import MAX_TRIES

log = logging.getLogger(__name__)

_LINGER = 0.05  # seconds to wait for more products while a batch is not full
_LEAST_BATCH = 32  # products; few enough to embed again if a batch is lost
_IN_PARALLEL = 3  # batches: one being fetched and decoded, one in the models, one being written
_TASK_SECONDS = 5.0  # after which a task ends even if products keep coming, so that a shutdown never waits longer


class _Batch(NamedTuple):
    name: str
    ids: list[str]


def embed_waiting(task: str, *, serves_shoppers: bool, redelivered: bool = False) -> None:
    """Embed waiting products, a few batches in parallel, and wake a worker for the rest.

    Parameters
    ----------
    task : str
        Id of the Celery task. Batches are named after it, so that a task which Celery redelivers because its process
        died knows which batches were left unfinished.
    serves_shoppers : bool
        Whether this process embeds photographs and words as well, so that it must end early if a shopper waits.
    redelivered : bool
        Whether Celery delivers the task again because its process ended.

    Raises
    ------
    DeviceError
        The models fail in this process, which has to end.
    """
    queues = resources.queues()
    queues.tasks.acknowledge(EMBED_WAITING)
    for batch in queues.embedding.unfinished(task):
        recover(batch, "its process died")
    if redelivered and queues.tasks.is_awaited(EMBED_WAITING):
        return  # its process ended because the models failed in it: a new one must not fail again at once, and again
    if not _has_models():
        return
    for accepts_more in map_concurrently(_embed, _batches(task, serves_shoppers=serves_shoppers), _IN_PARALLEL):
        if not accepts_more:
            return  # the postponed batch wakes a worker later
    if queues.embedding.due():
        queues.tasks.wake(EMBED_WAITING)


def _has_models() -> bool:
    """Load the models before products are taken, which aren't at fault if that fails; wake a worker later then."""
    try:
        resources.pipeline()
    except Exception as error:
        log.exception("the models can't be loaded")
        _wait(failures.explain(error))
        return False
    return True


def _wait(why: str) -> float:
    """Note why products wait, wake a worker after a pause, and return its seconds."""
    queues = resources.queues()
    wait = failures.pause(queues.counters.streak("embedding"))
    queues.stalls.note("embedding", why)
    queues.tasks.wake(EMBED_WAITING, after=wait)
    return wait


def _batches(task: str, *, serves_shoppers: bool) -> Iterator[_Batch]:
    """Yield a first batch of whatever is due, then further ones as long as they are full."""
    queue, tasks = resources.queues().embedding, resources.queues().tasks
    size, end = max(_LEAST_BATCH, resources.settings().batch_size), time.monotonic() + _TASK_SECONDS
    if queue.due() < size:
        time.sleep(_LINGER)
    for number in count():
        batch = _Batch(f"{task}/{number}", queue.take(f"{task}/{number}", size, suspects=number == 0))
        if not batch.ids:
            return
        if number == 0 and queue.due():
            tasks.wake(EMBED_WAITING)  # so that other workers help, and one continues after this task
        alone = queue.is_suspect(batch.ids)
        yield batch
        if alone or queue.due() < size or time.monotonic() > end or (serves_shoppers and tasks.depth(INTERACTIVE)):
            return


def _embed(batch: _Batch) -> bool:
    """Embed a batch, and return whether Elasticsearch accepts more.

    Raises
    ------
    DeviceError
        The models fail in this process; the products wait, and no try is counted.
    """
    queue, counters, start = resources.queues().embedding, resources.queues().counters, time.monotonic()
    try:
        with queue.lease(batch.name):
            report = resources.pipeline().vectorize(batch.ids, recheck=True)
    except Exception as error:
        counters.count("failures", failures.reason(error), len(batch.ids))
        if failures.is_transient(error):
            _postpone(batch, failures.explain(error))
            if isinstance(error, DeviceError):
                raise  # this process has to end
            return False
        log.exception("a batch of %d products failed", len(batch.ids))
        recover(batch.name, failure_reason(error))
        return True
    received = _finish(batch, report)
    queue.reset_deferrals([i for i in report.written if i not in report.unavailable])
    if report.unavailable:
        exhausted = queue.defer(report.unavailable)
        counters.count("failures", "image unavailable", exhausted)
    _count(batch, report, received, time.monotonic() - start)
    if report.written and not queue.due():
        _refresh()
    return not report.busy


def _count(batch: _Batch, report: Report, received: dict[str, float], seconds: float) -> None:
    counters, now = resources.queues().counters, time.time()
    counters.lags(now - since for since in received.values())
    counters.count("embedded", "", len(report.written) + len(report.waiting))
    counters.count("images", "", report.images)
    counters.count("embedding_seconds", "", seconds)
    for product_id, why in report.failed.items():
        log.warning("not embedded: %s", why, extra={"product": product_id})
    counters.count("failures", "image", len(report.failed))
    log.info(
        "embedded %d products: %d written, %d waiting for a vector space, %d current, %d gone, %d failed, %d again",
        len(batch.ids),
        *(len(getattr(report, part)) for part in ("written", "waiting", "current", "gone", "failed", "busy")),
    )


def _refresh() -> None:
    """Refresh the index, so that shoppers find new vectors without waiting up to a second for the next refresh.

    At most once per second, because each refresh creates a segment.
    """
    index = resources.index()
    if resources.queues().values.add(keys.refreshed(index.alias), 1, seconds=1):
        try:
            index.refresh()
        except (TransportError, ApiError) as error:
            log.info("not refreshed: %s", error)


def _finish(batch: _Batch, report: Report) -> dict[str, float]:
    queues = resources.queues()
    if not report.busy:
        queues.counters.streak("embedding", ended=True)
        queues.stalls.end("embedding")
        return queues.embedding.finish(batch.name)
    # A server that accepted part of the batch is retried soon.
    wait = failures.pause(queues.counters.streak("embedding", ended=bool(report.written)) or 1)
    queues.counters.count("failures", "elasticsearch busy", len(report.busy))
    received = queues.embedding.finish(batch.name, report.busy, wait)
    queues.tasks.wake(EMBED_WAITING, after=wait)
    return received


def _postpone(batch: _Batch, why: str) -> None:
    wait = _wait(why)
    log.warning("%d products wait %.0f s: %s", len(batch.ids), wait, why)
    resources.queues().embedding.finish(batch.name, batch.ids, wait)


def recover(batch: str, why: str) -> None:
    """Reclaim a batch: retry its products one by one, and give up those that have used all their tries."""
    queues = resources.queues()
    given_up = queues.embedding.reclaim(batch)
    log.warning("a batch was lost, %d products given up: %s", len(given_up), why)
    queues.counters.count("failures", "batch lost")
    if given_up:
        reason = f"given up after {MAX_TRIES} tries: {why}"
        mark_failed(resources.index(), given_up, reason)
        resources.dead_letters().add([DeadLetter("embedding", product_id, reason) for product_id in given_up])
        queues.counters.count("failures", "given up", len(given_up))
    queues.tasks.wake(EMBED_WAITING)
