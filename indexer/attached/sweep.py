"""Keep the vectors of an attached index true: work off what changed in it since the last sweep.

Nobody tells us what is written to an index that is not ours. But each write has a sequence number: what lies between
two checkpoints of a shard is all that changed, whether their documents hold a time of change or not. A document whose
own words and images are still those that its vector was made from costs one read.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import pack_dense_vector

from es_mappings.attached import REMOVE
from es_mappings.product import LAYOUT
from indexer.attached.attachment import Attachment, Attachments, concrete, prepare
from indexer.attached.fields import Described, describe
from indexer.composing import Outcome
from indexer.documents import now
from indexer.elastic import bulk
from indexer.errors import IndexStateError
from indexer.fitting import fit
from indexer.pipeline import Pipeline
from indexer.rollouts.carrying import changed_hits, checkpoints_of
from indexer.spaces import VectorSpace, load_space
from indexer.stored_products import Embeddable

Hit = Mapping[str, Any]
Progress = Callable[[str, int, int], None]


@dataclass
class Swept:
    """What a sweep did."""

    read: int = 0
    written: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # `_id` -> why it has no vector
    later: int = 0  # changed while they were embedded: the next sweep's


class Sweep:
    """Gives the documents of attached indices their vectors. Holds a model, as the pipeline does."""

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        pipeline: Pipeline,
        progress: Progress | None = None,
        seconds: float = math.inf,
    ) -> None:
        self._client, self._alias, self._pipeline = client, alias, pipeline
        self._attachments = Attachments(client, alias)
        self._progress = progress or (lambda *_: None)
        self._deadline = time.monotonic() + seconds

    def run(self, index: str) -> Swept:
        """Work off what changed in an index since the last sweep; fit a vector space first if there is none.

        Raises
        ------
        IndexStateError
            It isn't attached, can't be any more, or another process works on it.
        SpaceError
            There are too few images to fit a space, or its vectors were made by other models.
        """
        attachment, swept = self._attachments.read(index), Swept()
        prepare(self._client, attachment)  # an alias may lead to another index since
        if attachment.space is None:
            if not self._work_off(attachment, None, swept):
                return swept
            attachment.space = fit(self._client, self._alias, self._pipeline.vectorizers).digest
            attachment.checkpoints, swept = {}, Swept()
            self._attachments.save(attachment)
        space = load_space(self._client, self._alias, attachment.space)
        if space.layout != LAYOUT or not space.vectorizers.items() <= self._pipeline.vectorizers.digests.items():
            raise IndexStateError(
                f"The vectors of {index} were made by other models or for other aspects than these settings name; set "
                "LOOK_MODEL, LOOK_LAYER and LOOK_WEIGHTS as they were, or detach and attach it anew"
            )
        self._work_off(attachment, space, swept)
        return swept

    def _work_off(self, attachment: Attachment, space: VectorSpace | None, swept: Swept) -> bool:
        """Work off what changed, as far as there is time for it; tell whether that was all."""
        for index, uuid in concrete(self._client, attachment.index).items():
            checkpoints = attachment.checkpoints.setdefault(uuid, {})
            total = sum(checkpoints_of(self._client, index).values()) + 1 - sum(checkpoints.values())
            for hits in changed_hits(self._client, index, checkpoints, query=attachment.query, vectors=False):
                self._page(attachment, hits, space, swept)
                swept.read += len(hits)
                self._progress(index, swept.read, max(total, swept.read))
                self._attachments.save(attachment)
                if time.monotonic() > self._deadline:
                    return False
            self._attachments.save(attachment)
        return True

    def _page(self, attachment: Attachment, hits: Sequence[Hit], space: VectorSpace | None, swept: Swept) -> None:
        due: dict[str, tuple[Hit, Described]] = {}
        for hit in hits:
            described = describe(hit["_source"], attachment.names)
            held = hit["_source"].get(attachment.object) or {}
            if (held.get("source"), held.get("space")) != (described.source, space.digest if space else None):
                due[hit["_id"]] = hit, described
        for part in _parts(list(due), self._pipeline.batch_size):
            products = {i: _embeddable(due[i][1], due[i][0]["_source"].get(attachment.object) or {}) for i in part}
            outcomes = self._pipeline.outcomes(products, space)
            actions = [_update(attachment, due[i][0], due[i][1].source, outcomes[i], space) for i in part]
            for product_id, failure in zip(part, bulk(self._client, actions), strict=True):
                if failure and failure.status in {404, 409}:
                    swept.later += 1
                elif failure or outcomes[product_id].failed:
                    swept.failed[product_id] = failure.reason if failure else outcomes[product_id].reason or ""
                else:
                    swept.written += 1


def detach(client: Elasticsearch, alias: str, index: str) -> int:
    """Take all that we wrote out of an index's documents, and forget it; give how many documents were changed.

    The fields stay in its mapping: Elasticsearch takes none out of a live index.
    """
    attachments = Attachments(client, alias)
    attachment = attachments.read(index)
    attachments.forget(index)  # so that no sweep writes what is taken out
    client.indices.refresh(index=index)
    script = {"source": REMOVE, "params": {"object": attachment.object}}
    ours = {"exists": {"field": f"{attachment.object}.status"}}
    answer = client.options(request_timeout=3_600).update_by_query(
        index=index, query=ours, script=script, conflicts="proceed", refresh=True
    )
    if answer["version_conflicts"]:
        return int(answer["updated"]) + int(
            client.options(request_timeout=3_600).update_by_query(
                index=index, query=ours, script=script, conflicts="proceed", refresh=True
            )["updated"]
        )
    return int(answer["updated"])


def _parts(ids: list[str], size: int) -> list[list[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _embeddable(described: Described, held: Mapping[str, Any]) -> Embeddable:
    digests = {seen["image"]: seen["digest"] for seen in held.get("images") or []}
    known = {image: digests[image] for image in described.images if image in digests}
    return Embeddable(described.images, known, described.fields, described.source)


def _update(
    attachment: Attachment, hit: Hit, source: str, outcome: Outcome, space: VectorSpace | None
) -> dict[str, Any]:
    """Build the partial update of one document, good only while nobody has written it since it was read."""
    status = "failed" if outcome.failed else "done" if space else "pending"
    ours = {
        "status": status,
        "reason": outcome.reason,
        "source": source,
        "space": space.digest if space else None,
        "images": [{"image": i.image, "digest": i.digest} for i in outcome.images],
        "vector": pack_dense_vector(outcome.vector) if outcome.vector is not None else None,
        "at": now(),
    }
    return {
        "_op_type": "update",
        "_index": hit["_index"],
        "_id": hit["_id"],
        **({"routing": hit["_routing"]} if "_routing" in hit else {}),
        "if_seq_no": hit["_seq_no"],
        "if_primary_term": hit["_primary_term"],
        "doc": {attachment.object: ours},
    }
