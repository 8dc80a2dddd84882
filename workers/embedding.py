"""Products from the queue to their vectors, in batches that the model likes."""

from __future__ import annotations

import logging
import time

from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer import documents, indices, targets
from indexer.dead_letters import DeadLetter
from indexer.report import Report
from workers import calls, failures, resources
from workers.app import EMBED_WAITING
from workers.embedding_queue import MAX_TRIES

log = logging.getLogger(__name__)

_LINGER = 0.05  # seconds that a batch which isn't full waits for more
_LEAST_BATCH = 64  # products a batch: little enough to lose and do again


def embed_waiting(task: str) -> None:
    """Embed one batch of what waits, and call for the next.

    Parameters
    ----------
    task : str
        Id of the Celery task: a batch is named by it, so that a task which Celery gives out again, because its
        process died, knows what it had in hand.
    """
    queue, alias = resources.embedding(), resources.settings().index_name
    calls.heard(resources.redis_client(), alias, EMBED_WAITING)
    if queue.holds(task):
        recover(task, "its process died")
    size = max(_LEAST_BATCH, 2 * resources.settings().batch_size)
    if queue.due() < size:
        time.sleep(_LINGER)
    batch = queue.take(task, size)
    if queue.due():
        calls.call(resources.redis_client(), alias, EMBED_WAITING)
    if batch:
        _embed(task, batch)


def _embed(task: str, batch: list[str]) -> None:
    queue, counters, begun = resources.embedding(), resources.counters(), time.monotonic()
    try:
        with queue.lease(task):
            report = resources.pipeline().vectorize(batch, recheck=True)
    except Exception as error:
        counters.count("failures", failures.reason(error), len(batch))
        if not failures.passes(error):
            log.exception("a batch of %d products failed", len(batch))
            recover(task, f"embedding it failed: {type(error).__name__}: {error}")
            return
        _later(task, batch, str(error))
        return
    received = _finish(task, report)
    queue.had(report.written)
    if report.unavailable:
        spent = queue.put_off(report.unavailable)
        counters.count("failures", "image unavailable", spent)
    now = time.time()
    counters.lags(now - since for since in received.values())
    counters.count("embedded", "", len(report.written) + len(report.waiting))
    counters.count("images", "", report.images)
    counters.count("embedding_seconds", "", time.monotonic() - begun)
    for product_id, why in report.failed.items():
        log.warning("not embedded: %s", why, extra={"product": product_id})
    counters.count("failures", "image", len(report.failed))
    log.info(
        "embedded %d products: %d written, %d waiting for a vector space, %d current, %d gone, %d failed, %d again",
        len(batch),
        *(len(getattr(report, part)) for part in ("written", "waiting", "current", "gone", "failed", "busy")),
    )
    if report.written and not queue.due():
        _show()


def _show() -> None:
    """Have what was written found at once, when nothing more waits: the index itself would do so within a second.

    At most once a second, since each time makes a segment.
    """
    client, alias = resources.redis_client(), resources.settings().index_name
    if client.set(f"{alias}:shown", 1, nx=True, px=1_000):
        try:
            resources.elasticsearch().indices.refresh(index=alias)
        except (TransportError, ApiError) as error:
            log.info("not shown at once: %s", error)


def _finish(task: str, report: Report) -> dict[str, float]:
    queue = resources.embedding()
    if not report.busy:
        resources.counters().streak("embedding", ended=True)
        return queue.finish(task)
    # A server that takes some is asked again soon.
    wait = failures.pause(resources.counters().streak("embedding", ended=bool(report.written)) or 1)
    resources.counters().count("failures", "elasticsearch busy", len(report.busy))
    received = queue.finish(task, report.busy, wait)
    calls.call(resources.redis_client(), resources.settings().index_name, EMBED_WAITING, after=wait)
    return received


def _later(task: str, batch: list[str], why: str) -> None:
    queue = resources.embedding()
    wait = failures.pause(resources.counters().streak("embedding"))
    log.warning("%d products wait %.0f s: %s", len(batch), wait, why)
    queue.finish(task, batch, wait)
    calls.call(resources.redis_client(), resources.settings().index_name, EMBED_WAITING, after=wait)


def recover(batch: str, why: str) -> None:
    """Take back a batch that was lost: its products are tried one by one; those that had their tries are given up."""
    given_up = resources.embedding().lost(batch)
    log.warning("a batch was lost, %d products given up: %s", len(given_up), why)
    resources.counters().count("failures", "batch lost")
    if given_up:
        reason = f"given up after {MAX_TRIES} tries: {why}"
        _mark_failed(given_up, reason)
        resources.dead_letters().add([DeadLetter("embedding", product_id, reason) for product_id in given_up])
        resources.counters().count("failures", "given up", len(given_up))
    calls.call(resources.redis_client(), resources.settings().index_name, EMBED_WAITING)


def _mark_failed(ids: list[str], reason: str) -> None:
    """Note the reason beside the products, so that nothing queues them again as they are."""
    client, alias = resources.elasticsearch(), resources.settings().index_name
    found = client.mget(index=alias, ids=ids, source_includes=["source", "deleted_at"])["docs"]
    held = {d["_id"]: d["_source"] for d in found if d.get("found") and "deleted_at" not in d["_source"]}
    space = indices.space_of(client, alias)
    actions = [
        documents.embedded(alias, product_id, source["source"], None, space=space, reason=reason, failed=True)
        for product_id, source in held.items()
    ]
    for product_id, failure in zip(held, targets.write(client, alias, actions), strict=True):
        if failure:
            log.error("can't be marked as failed: %s", failure.reason, extra={"product": product_id})
