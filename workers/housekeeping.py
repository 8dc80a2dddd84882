"""The tasks that beat sends: they finish what a lost message or a dead process left undone, and delete what is old."""

from __future__ import annotations

import logging

from es_mappings import queries
from es_mappings.anchors import Anchor
from es_mappings.planner import Plan, Thresholds
from indexer import retention
from indexer.elastic import write_targets
from indexer.embedding.drift import drifted
from indexer.errors import IndexStateError
from workers import embedding, resources
from workers.app import EMBED_WAITING, WRITE_EVENTS
from workers.queues import keys

log = logging.getLogger(__name__)

_NEAREST, _SAMPLES = 24, 5
_DAY = 86_400  # seconds


def wake() -> None:
    """Reclaim what dead workers had taken, and wake a worker to each queue in which something waits."""
    queues = resources.queues()
    for batch in queues.embedding.expired():
        embedding.recover(batch, "its worker died")
    if queues.events.depth():
        queues.tasks.wake(WRITE_EVENTS)
    if queues.embedding.due():
        queues.tasks.wake(EMBED_WAITING)


def reconcile() -> int:
    """Queue the products whose vector is missing or doesn't belong to the product as it is, and count them.

    So even an emptied Redis loses no vector. Products that changed just now are left to the queue that they are in.
    """
    queues = resources.queues()
    try:
        ids = list(drifted(resources.index(), resources.settings().reconcile_seconds))
    except IndexStateError:
        return 0  # no catalogue yet
    queues.counters.set("drift", len(ids))
    if ids:
        log.info("%d products have no vector, or an old one: queued again", len(ids))
        queues.counters.count("reconciled", "", len(ids))
        queues.embedding.add(ids, drifted=True)
        queues.tasks.wake(EMBED_WAITING)
    return len(ids)


def prune() -> None:
    """Forget the products that were deleted long ago, and what no product has used for long."""
    index, settings, counters = resources.index(), resources.settings(), resources.queues().counters
    try:
        for name in write_targets.resolve(index).writes:
            counters.count("pruned", "tombstones", index.at(name).prune_tombstones(settings.tombstone_days))
    except IndexStateError:
        pass  # no catalogue of ours yet; indices of others may be attached
    _expire()


def _expire() -> None:
    """Delete what no product uses: once a day, since all products are read for it."""
    index, values, counters = resources.index(), resources.queues().values, resources.queues().counters
    done_today = keys.retention(index.alias)
    if values.get(done_today) is not None:
        return
    try:
        expired = retention.expire(index, resources.settings().keep_days)
    except IndexStateError as error:
        log.warning("nothing expires: %s", error)
        return
    values.set(done_today, 1, seconds=_DAY)
    counters.count("pruned", "activations", expired.activations)
    counters.count("pruned", "image addresses", expired.addresses)


def sample_recall() -> float | None:
    """Compare the approximate nearest products of some with the exact ones, and return the recall."""
    index = resources.index()
    sample = {"function_score": {"query": {"exists": {"field": "vector"}}, "random_score": {}}}
    try:
        index.live()
    except IndexStateError:
        return None
    drawn = index.search(query=sample, size=_SAMPLES, source=False)["hits"]["hits"]
    vectors = index.vectors([hit["_id"] for hit in drawn])
    shares = [_recall(Anchor(product_id, vector)) for product_id, vector in vectors.items()]
    if not shares:
        return None
    recall = sum(shares) / len(shares)
    resources.queues().counters.set("recall", recall)
    return recall


def _recall(anchor: Anchor) -> float:
    usual = Thresholds()
    approximate = Plan("knn", "a sample", usual.knn_depth, usual.num_candidates, usual.oversample)
    exact = _nearest(anchor, Plan("exact", "a sample"))
    return len(_nearest(anchor, approximate) & exact) / len(exact) if exact else 1.0


def _nearest(anchor: Anchor, plan: Plan) -> set[str]:
    request = queries.sort_by_similar({"exists": {"field": "vector"}}, [anchor], plan=plan)
    answer = resources.index().search(query=request["query"], size=_NEAREST, source=False)
    return {hit["_id"] for hit in answer["hits"]["hits"]}
