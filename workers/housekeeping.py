"""Periodic tasks: finish what a lost message or a dead process left undone, and delete old data."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import TypeVar

from es_mappings import queries
from es_mappings.anchors import Anchor
from es_mappings.planner import Plan, Thresholds
from es_mappings.vector_index import SearchWidth
from indexer import retention
from indexer.elastic import write_targets
from indexer.embedding.drift import drifted
from indexer.errors import IndexStateError
from indexer.experiments.judging import look_again
from indexer.experiments.log import Experiments
from indexer.relevance.interaction_log import InteractionLog
from workers import embedding, failures, resources
from workers.app import EMBED_WAITING, TIME_LIMIT, WRITE_EVENTS, WRITE_INTERACTIONS
from workers.queues import keys
from workers.queues.reading import text

log = logging.getLogger(__name__)

_NEAREST, _SAMPLES = 24, 5
_OBJECTIVE = 0.99  # recall of a page of 24
_LOW_SAMPLES = 3  # in a row, after which a search considers more
_DAY = 86_400  # seconds

T = TypeVar("T")


def _periodic(task: Callable[[], T]) -> Callable[[], T | None]:
    """Count a transient failure of a task that runs again soon."""

    @wraps(task)
    def run() -> T | None:
        try:
            return task()
        except Exception as error:
            if not failures.is_transient(error):
                raise
            log.warning("%s is put off: %s", task.__name__, error)
            resources.queues().counters.count("failures", failures.reason(error))
            return None

    return run


@_periodic
def wake() -> None:
    """Reclaim the batches of dead workers, and wake a worker for each queue that is not empty."""
    queues = resources.queues()
    queues.embedding.correct_times()
    for batch in queues.embedding.expired():
        embedding.recover(batch, "its worker died")
    if queues.events.depth():
        queues.tasks.wake(WRITE_EVENTS)
    if queues.embedding.due():
        queues.tasks.wake(EMBED_WAITING)
    if queues.interactions.depth():
        queues.tasks.wake(WRITE_INTERACTIONS)


@_periodic
def reconcile() -> int:
    """Queue the products whose vector is missing or out of date, and return their number.

    No vector is lost even if Redis is emptied. Products that changed just now are skipped, because they are queued.
    """
    queues = resources.queues()
    try:
        ids = list(drifted(resources.index(), resources.settings().reconcile_seconds))
    except IndexStateError:
        return 0  # there is no catalogue yet
    queues.counters.set("drift", len(ids))
    if ids:
        log.info("%d products have no vector, or an old one: queued again", len(ids))
        queues.counters.count("reconciled", "", len(ids))
        queues.embedding.add(ids, drifted=True)
        queues.tasks.wake(EMBED_WAITING)
    return len(ids)


@_periodic
def prune() -> None:
    """Delete old tombstones, and vectors and addresses that no product has used for a long time."""
    index, settings, counters = resources.index(), resources.settings(), resources.queues().counters
    try:
        for name in write_targets.resolve(index).writes:
            counters.count("pruned", "tombstones", index.at(name).prune_tombstones(settings.tombstone_days))
    except IndexStateError:
        pass  # there is no catalogue yet; attached indices may exist
    weeks = InteractionLog(index).expire(settings.ubi_days, datetime.now(UTC).date())
    counters.count("pruned", "weeks of interactions", weeks)
    _expire()


def _expire() -> None:
    """Delete activations and addresses that no product uses, once a day: each slice of them reads all products.

    The next run goes on with the slice at which this one was killed or ran out of time.
    """
    index, values, counters = resources.index(), resources.queues().values, resources.queues().counters
    key, end = keys.retention(index.alias), time.monotonic() + TIME_LIMIT / 4
    before = values.get(key)
    try:
        part = retention.first_slice(index) if before is None else retention.Slice.parse(text(before))
        while part and time.monotonic() < end:
            expired = retention.expire_slice(index, resources.settings().keep_days, part)
            counters.count("pruned", "activations", expired.activations)
            counters.count("pruned", "image addresses", expired.addresses)
            part = part.next
            values.set(key, str(part or "done"), seconds=_DAY)
    except IndexStateError as error:
        log.warning("nothing expires: %s", error)


@_periodic
def judge_experiment() -> None:
    """Count the visits of the experiment that runs, and stop it if it is worse beyond doubt."""
    run = Experiments(resources.index()).running()
    if run:
        look_again(resources.index(), run)


@_periodic
def sample_recall() -> float | None:
    """Measure the recall of approximate kNN against the exact order, for a few random products.

    Where it is below the objective several times in a row, kNN considers twice as many candidates from then on.
    """
    index = resources.index()
    sample = {"function_score": {"query": {"exists": {"field": "vector"}}, "random_score": {}}}
    try:
        live = index.at(index.live())
        width = SearchWidth.from_meta(live.meta())
    except IndexStateError:
        return None
    hits = index.search(query=sample, size=_SAMPLES, source=False)["hits"]["hits"]
    vectors = index.vectors([hit["_id"] for hit in hits])
    recalls = [_recall(Anchor(product_id, vector), width) for product_id, vector in vectors.items()]
    if not recalls:
        return None
    recall = sum(recalls) / len(recalls)
    counters = resources.queues().counters
    # A sample misses now and then by chance; nothing makes the width smaller again.
    is_low = counters.streak("low recall", ended=recall >= _OBJECTIVE) >= _LOW_SAMPLES
    if is_low and not width.is_greatest:
        width = width.wider()
        counters.streak("low recall", ended=True)  # the greater width has samples of its own
        live.stamp(vectors=width.to_meta())
        log.warning(
            "kNN found %.1f%% of the nearest products: from now on it considers %d candidates, and compares %g exactly "
            "for each one it keeps", 100 * recall, width.num_candidates, width.oversample,
        )  # fmt: skip
    counters.set("recall", recall)
    counters.set("search_width", width.factor)
    return recall


def _recall(anchor: Anchor, width: SearchWidth) -> float:
    thresholds = Thresholds().searched(width)
    approximate = Plan("knn", "a sample", thresholds.knn_depth, thresholds.num_candidates, thresholds.oversample)
    exact = _nearest(anchor, Plan("exact", "a sample"))
    return len(_nearest(anchor, approximate) & exact) / len(exact) if exact else 1.0


def _nearest(anchor: Anchor, plan: Plan) -> set[str]:
    request = queries.sort_by_similar({"exists": {"field": "vector"}}, [anchor], plan=plan)
    answer = resources.index().search(query=request["query"], size=_NEAREST, source=False)
    return {hit["_id"] for hit in answer["hits"]["hits"]}
