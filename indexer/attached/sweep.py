"""Keep the vectors of an attached index up to date: process what changed in it since the last sweep.

No event reports the writes to a foreign index, but every write has a sequence number: the writes between two
checkpoints of a shard are all that changed, whether its documents have a timestamp or not. A document whose text and
images are still those that its vector was made from costs one read.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from elasticsearch.helpers import scan
from more_itertools import chunked

from es_mappings.product import LAYOUT
from indexer.attached.attachment import Attachment, Attachments, concrete, described_products, prepare
from indexer.attached.detaching import remove_ours
from indexer.attached.fields import Described, describe
from indexer.backoff import backoff
from indexer.catalog.documents import now
from indexer.elastic.client import BulkFailure, bulk
from indexer.elastic.containment import bisect_on_error
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.composing import Outcome
from indexer.embedding.pipeline import Pipeline
from indexer.embedding.stored_products import Embeddable
from indexer.errors import IndexStateError, SpaceError
from indexer.rollouts.carrying import changed_hits, checkpoints_of
from indexer.spaces.fitting import fit
from indexer.spaces.vector_space import VectorSpace, load_space

_TRIES = 6  # of an image whose server is down ...
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 1920.0  # ... and seconds before the second and the last: an hour in all
_PATIENCE = "30m"  # that a page of failures may take, because it waits for servers that don't answer

Hit = Mapping[str, Any]
Progress = Callable[[str, int, int], None]


@dataclass
class Swept:
    """What a sweep did."""

    read: int = 0
    written: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # `_id` -> why it has no vector
    later: int = 0  # changed while they were embedded, so left to the next sweep


class Sweep:
    """Writes the vectors of attached indices' documents. Make one per process, as of the pipeline."""

    def __init__(
        self,
        index: ProductIndex,
        pipeline: Pipeline,
        progress: Progress | None = None,
        seconds: float = math.inf,
    ) -> None:
        self._index, self._client, self._pipeline = index, index.client, pipeline
        self._attachments = Attachments(index)
        self._progress = progress or (lambda *_: None)
        self._deadline = time.monotonic() + seconds

    def run(self, index: str, *, retry_failed: bool = False) -> Swept:
        """Process what changed in an index since the last sweep; fit a vector space first if there is none.

        Then retry the documents whose image was unavailable and that are due.

        Parameters
        ----------
        retry_failed : bool
            Whether to retry all documents that failed, due or not, whatever the reason.

        Raises
        ------
        IndexStateError
            It isn't attached, can't be any more, or another process works on it.
        SpaceError
            There are too few images to fit a space, or its vectors were made by other models.
        """
        attachment, swept = self._attachments.read(index), Swept()
        if attachment.detaching:
            raise IndexStateError(f"{index} is being detached: `lookalike detach --index {index}` goes on with it")
        prepare(self._client, attachment)  # again, because an alias may lead to another index by now
        if attachment.space is None:
            if not self._process_changes(attachment, None, swept):
                return swept
            if swept.failed and not swept.written:
                reason = next(iter(swept.failed.values()))
                raise SpaceError(f"No document of {index} can be embedded, so no vector space is fitted: {reason}")
            products = partial(described_products, self._client, attachment)
            attachment.space = fit(self._index, self._pipeline.vectorizers, products=products).digest
            attachment.checkpoints, swept = {}, Swept()
            self._attachments.save(attachment)
        space = load_space(self._index, attachment.space)
        if space.layout != LAYOUT or not space.vectorizers.items() <= self._pipeline.vectorizers.digests.items():
            raise IndexStateError(
                f"The vectors of {index} were made by other models or for other aspects than these settings name; set "
                "LOOK_MODEL, LOOK_LAYER and LOOK_WEIGHTS as they were, or detach it and attach it again"
            )
        if self._process_changes(attachment, space, swept):
            self._retry(attachment, space, swept, {} if retry_failed else {"lte": "now"})
        return swept

    def _process_changes(self, attachment: Attachment, space: VectorSpace | None, swept: Swept) -> bool:
        """Process what changed until the deadline; return whether that was all."""
        for index, uuid in concrete(self._client, attachment.index).items():
            checkpoints = attachment.checkpoints.setdefault(uuid, {})
            total = sum(checkpoints_of(self._client, index).values()) + 1 - sum(checkpoints.values())
            for hits in changed_hits(self._client, index, checkpoints, query=attachment.query, vectors=False):
                self._page(attachment, hits, space, swept)
                swept.read += len(hits)
                self._progress(index, swept.read, max(total, swept.read))
                self._save(attachment)
                if time.monotonic() > self._deadline:
                    return False
            self._save(attachment)
        return True

    def _save(self, attachment: Attachment) -> None:
        """Save how far this sweep is; if the index was detached meanwhile, remove what was written since."""
        try:
            self._attachments.save(attachment)
        except IndexStateError:
            if not self._attachments.takes_vectors(attachment.index):
                remove_ours(self._client, attachment)
            raise

    def _retry(self, attachment: Attachment, space: VectorSpace, swept: Swept, due: dict[str, str]) -> None:
        ours = attachment.object
        failed: list[dict[str, Any]] = [attachment.query, {"term": {f"{ours}.status": "failed"}}]
        when = [{"range": {f"{ours}.retry_at": due}}] if due else []
        request = {
            "query": {"bool": {"filter": failed + when}},
            "seq_no_primary_term": True,
            "_source": {"exclude_vectors": True},
        }
        self._client.indices.refresh(index=attachment.index)
        size = self._pipeline.batch_size
        hits = scan(self._client, index=attachment.index, query=request, size=size, scroll=_PATIENCE)
        for page in chunked(hits, size):
            if time.monotonic() > self._deadline:
                return
            self._page(attachment, page, space, swept, again=True)
            self._save(attachment)

    def _page(
        self,
        attachment: Attachment,
        hits: Sequence[Hit],
        space: VectorSpace | None,
        swept: Swept,
        *,
        again: bool = False,
    ) -> None:
        documents = (_Document.of(hit, attachment) for hit in hits)
        due = {document.hit["_id"]: document for document in documents if document.is_due(space) or again}
        for part in chunked(due, self._pipeline.batch_size):
            outcomes = self._outcomes(due, part, space)
            actions = [_update(attachment, due[i], outcomes[i], space) for i in part]
            failures = dict(zip(part, bulk(self._client, actions), strict=True))
            _note(swept, failures, outcomes)
            if busy := [f.reason for f in failures.values() if f and f.transient and f.status != 409]:
                # The checkpoint stays where it is; the activations are stored.
                raise IndexStateError(f"{attachment.index} is busy ({busy[0]}); the next sweep goes on")

    def _outcomes(
        self, due: Mapping[str, _Document], part: Sequence[str], space: VectorSpace | None
    ) -> dict[str, Outcome]:
        """Return what is written into each document; one that can't be embedded gets the reason."""

        def embed(ids: Sequence[str]) -> Mapping[str, Outcome]:
            return self._pipeline.outcomes({i: due[i].embeddable for i in ids}, space)

        parts = bisect_on_error(embed, part, lambda document_id, error: {document_id: Outcome.of_error(error)})
        return {document_id: outcome for outcomes in parts for document_id, outcome in outcomes.items()}


def _note(swept: Swept, failures: Mapping[str, BulkFailure | None], outcomes: Mapping[str, Outcome]) -> None:
    for product_id, failure in failures.items():
        if failure and failure.status in {404, 409}:
            swept.later += 1
        elif failure or outcomes[product_id].failed:
            swept.failed[product_id] = failure.reason if failure else outcomes[product_id].reason or ""
        else:
            swept.written += 1


@dataclass(frozen=True)
class _Document:
    """A document, what it describes, and what we wrote into it."""

    hit: Hit
    described: Described
    ours: Mapping[str, Any]

    @classmethod
    def of(cls, hit: Hit, attachment: Attachment) -> _Document:
        ours = hit["_source"].get(attachment.object) or {}
        return cls(hit, describe(hit["_source"], attachment.names), ours)

    def is_due(self, space: VectorSpace | None) -> bool:
        """Return whether its vector was made from other fields than it has now, or is of another space."""
        current = (self.described.source, space.digest if space else None)
        is_awaited = space is None and self.ours.get("status") == "failed"  # a space can't be fitted without any
        return is_awaited or (self.ours.get("source"), self.ours.get("space")) != current

    @property
    def embeddable(self) -> Embeddable:
        digests = {seen["image"]: seen["digest"] for seen in self.ours.get("images") or []}
        known = {image: digests[image] for image in self.described.images if image in digests}
        return Embeddable(self.described.images, known, self.described.fields, self.described.source)

    @property
    def tries(self) -> int:
        """How often its images, at their present addresses, were unavailable."""
        return int(self.ours.get("tries") or 0) if self.ours.get("source") == self.described.source else 0


def _update(attachment: Attachment, document: _Document, outcome: Outcome, space: VectorSpace | None) -> dict[str, Any]:
    """Build the partial update of a document, which is refused if the document was written since it was read."""
    hit, status = document.hit, "failed" if outcome.failed else "done" if space else "pending"
    tries = document.tries + 1 if outcome.failed and outcome.unavailable else 0
    ours = {
        "status": status,
        "reason": outcome.reason,
        "source": document.described.source,
        "space": space.digest if space else None,
        "images": [{"image": i.image, "digest": i.digest} for i in outcome.images],
        "vector": outcome.vector,
        "at": now(),
        "tries": tries or None,
        "retry_at": _retry_at(tries) if 0 < tries <= _TRIES else None,
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


def _retry_at(tries: int) -> str:
    pause = backoff(tries, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
    return (datetime.now(UTC) + timedelta(seconds=pause)).isoformat(timespec="seconds")
