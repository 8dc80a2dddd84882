"""What beat asks for: nothing that was promised depends on a message that could be lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from elasticsearch.helpers import scan

from es_mappings import queries
from es_mappings.anchors import Anchor
from es_mappings.planner import Plan, Thresholds
from indexer import retention
from indexer.elastic import indices, write_targets
from indexer.elastic.client import get_with_vectors, vector
from indexer.errors import IndexStateError
from workers import embedding, resources
from workers.app import EMBED_WAITING, WRITE_EVENTS
from workers.queues import calls

log = logging.getLogger(__name__)

_NEAREST, _SAMPLES = 24, 5
_DAY = 86_400  # seconds


def wake() -> None:
    """Take back what dead workers held, and call a worker to each queue in which something waits."""
    client, alias = resources.redis_client(), resources.settings().index_name
    for batch in resources.embedding().abandoned():
        embedding.recover(batch, "its worker died")
    if resources.events().depth():
        calls.call(client, alias, WRITE_EVENTS)
    if resources.embedding().due():
        calls.call(client, alias, EMBED_WAITING)


def reconcile() -> int:
    """Queue the products whose vector is missing, or of another vector space or state than the product; give how many.

    So even an emptied Redis loses no vector. Products that changed just now are left to the queue that they are in.
    """
    try:
        drifted = list(_drifted())
    except IndexStateError:
        return 0  # no catalogue yet
    resources.counters().set("drift", len(drifted))
    if drifted:
        log.info("%d products have no vector, or an old one: queued again", len(drifted))
        resources.counters().count("reconciled", "", len(drifted))
        resources.embedding().add(drifted, drifted=True)
        calls.call(resources.redis_client(), resources.settings().index_name, EMBED_WAITING)
    return len(drifted)


def _drifted() -> Iterator[str]:
    client, settings = resources.elasticsearch(), resources.settings()
    query = indices.drifted(indices.space_of(client, settings.index_name), settings.reconcile_seconds)
    for hit in scan(client, index=settings.index_name, query={"query": query, "_source": False}, size=1_000):
        yield hit["_id"]


def prune() -> None:
    """Forget the products that were deleted long ago, and what no product has used for long."""
    client, settings, counters = resources.elasticsearch(), resources.settings(), resources.counters()
    try:
        for index in write_targets.resolve(client, settings.index_name).writes:
            pruned = indices.prune_tombstones(client, index, settings.tombstone_days)
            counters.count("pruned", "tombstones", pruned)
    except IndexStateError:
        pass  # no catalogue of ours yet; indices of others may be attached
    _expire()


def _expire() -> None:
    """Let go what no product uses: once a day, since all products are read for it."""
    server, settings, counters = resources.redis_client(), resources.settings(), resources.counters()
    done_today = f"{settings.index_name}:expired"
    if server.exists(done_today):
        return
    try:
        expired = retention.expire(resources.elasticsearch(), settings.index_name, settings.keep_days)
    except IndexStateError as error:
        log.warning("nothing expires: %s", error)
        return
    server.set(done_today, 1, ex=_DAY)
    counters.count("pruned", "activations", expired.activations)
    counters.count("pruned", "image addresses", expired.addresses)


def sample_recall() -> float | None:
    """Compare the approximate nearest products of some with the exact ones; give the share that was found."""
    client, alias = resources.elasticsearch(), resources.settings().index_name
    sample = {"function_score": {"query": {"exists": {"field": "vector"}}, "random_score": {}}}
    try:
        indices.live_index(client, alias)
    except IndexStateError:
        return None
    drawn = client.search(index=alias, query=sample, size=_SAMPLES, source=False)["hits"]["hits"]
    anchors = get_with_vectors(client, alias, [hit["_id"] for hit in drawn])
    shares = [_recall(Anchor(i, vector(found["vector"]))) for i, found in anchors.items() if "vector" in found]
    if not shares:
        return None
    recall = sum(shares) / len(shares)
    resources.counters().set("recall", recall)
    return recall


def _recall(anchor: Anchor) -> float:
    usual = Thresholds()
    approximate = Plan("knn", "a sample", usual.knn_depth, usual.num_candidates, usual.oversample)
    found = _nearest(anchor, approximate)
    exact = _nearest(anchor, Plan("exact", "a sample"))
    return len(found & exact) / len(exact) if exact else 1.0


def _nearest(anchor: Anchor, plan: Plan) -> set[str]:
    request = queries.sort_by_similar({"exists": {"field": "vector"}}, [anchor], plan=plan)
    answer = resources.elasticsearch().search(
        index=resources.settings().index_name, query=request["query"], size=_NEAREST, source=False
    )
    return {hit["_id"] for hit in answer["hits"]["hits"]}
