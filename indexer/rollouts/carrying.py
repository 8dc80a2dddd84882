"""Make one index equal to another while both are written to: carry over changes by sequence numbers.

Every write to a shard gets the next sequence number, and the shard's global checkpoint is the number up to which every
copy of it holds all writes. So the writes between two checkpoints are all that changed: no clocks are compared, and no
write has to wait. A carried document never replaces a newer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch
from more_itertools import chunked

from es_mappings import scripts
from indexer.catalog.documents import with_numbers
from indexer.elastic import write_targets
from indexer.elastic.client import Answer, bulk
from indexer.elastic.multi_get import get_sources, multi_get
from indexer.elastic.product_index import ProductIndex
from indexer.elastic.write_targets import WriteTargets
from indexer.errors import IndexStateError
from indexer.rollouts.state import Checkpoints

PAGE = 500

Document = dict[str, Any]

_VECTORS = ("embedding", "vector", "pictures")


@dataclass(frozen=True)
class Pair:
    """The old index, from which documents are carried, and the new one.

    Attributes
    ----------
    space : str or None
        The vector space of the new index.
    same_space : bool
        Whether the old one has the same space, so that vectors are carried too.
    """

    old: ProductIndex
    new: ProductIndex
    space: str | None
    same_space: bool

    @classmethod
    def of(cls, old: ProductIndex, new: ProductIndex) -> Pair:
        """Read the spaces of both from their mappings."""
        before, after = old.space(), new.space()
        return cls(old, new, after, before is not None and before == after)


def changes(pair: Pair, checkpoints: Checkpoints) -> Iterator[list[tuple[str, Document]]]:
    """Iterate over the pages of documents that changed in the old index since the checkpoints; see `changed_hits`.

    Yields
    ------
    list of (str, dict)
        Ids and documents.
    """
    for hits in changed_hits(pair.old.client, pair.old.name, checkpoints, vectors=pair.same_space):
        yield [(hit["_id"], hit["_source"]) for hit in hits]


def changed_hits(
    client: Elasticsearch,
    index: str,
    checkpoints: Checkpoints,
    *,
    vectors: bool,
    query: Document | None = None,
) -> Iterator[list[Document]]:
    """Iterate over pages of the documents that changed since the checkpoints, which advance after each page.

    Parameters
    ----------
    vectors : bool
        Whether to read the vectors too.
    query : dict, optional
        Which documents to read.

    Yields
    ------
    list of dict
        Hits, with the documents as they are now; one that changes meanwhile is yielded again by the next call.
    """
    bounds = checkpoints_of(client, index)
    client.indices.refresh(index=index)
    for shard, bound in bounds.items():
        while checkpoints.get(shard, -1) < bound:
            since = {"range": {"_seq_no": {"gt": checkpoints.get(shard, -1), "lte": bound}}}
            hits = client.search(
                index=index,
                preference=f"_shards:{shard}",
                query={"bool": {"filter": [since, *([query] if query else [])]}},
                sort=["_seq_no"],
                size=PAGE,
                seq_no_primary_term=True,
                track_total_hits=False,
                source={"exclude_vectors": not vectors},
            )["hits"]["hits"]
            if hits:
                yield hits
            checkpoints[shard] = hits[-1]["_seq_no"] if len(hits) == PAGE else bound


def checkpoints_of(client: Elasticsearch, index: str) -> Checkpoints:
    """Read each shard's global checkpoint: the sequence number up to which every copy holds all writes."""
    shards = client.indices.stats(index=index, level="shards", metric="docs")["indices"][index]["shards"]
    return {
        shard: copy["seq_no"]["global_checkpoint"]
        for shard, copies in shards.items()
        for copy in copies
        if copy["routing"]["primary"]
    }


def changed(index: ProductIndex, checkpoints: Checkpoints) -> int:
    """Return an upper bound of how many documents changed since the checkpoints."""
    bounds = checkpoints_of(index.client, index.name)
    since = sum(bound - checkpoints.get(shard, -1) for shard, bound in bounds.items())
    return min(since, int(index.client.count(index=index.name)["count"]) or since)


def carry(pair: Pair, documents: Sequence[tuple[str, Document]], *, force: bool = False) -> int:
    """Write documents of the old index into the new one, unless it holds newer ones; count those that changed there.

    Parameters
    ----------
    force : bool
        Whether the old index's document wins where both have the same version.

    Raises
    ------
    IndexStateError
        The new index refused a document, or takes no writes any more.
    """
    actions = [_action(product_id, document, pair, force=force) for product_id, document in documents]

    def send(targets: WriteTargets) -> int:
        if pair.new.name not in targets.writes:
            raise IndexStateError(f"{pair.new.name} takes no writes any more")
        return _changed(pair.new, targets.writes[pair.new.name], actions)

    return write_targets.until_current(pair.new, send)


def carry_ids(pair: Pair, ids: Sequence[str], *, force: bool = False) -> int:
    """Carry over documents as the old, still live index has them now; delete from the new one those it doesn't have."""
    changed = 0
    for part in chunked(ids, PAGE):
        # Writes go to the live index first. So a product read in the new index, and after that not in the old one, is
        # gone, as an old tombstone is.
        docs = multi_get(pair.new.client, [(pair.new.name, name) for name in part], _source="false")
        copies = {doc["_id"]: doc for doc in docs}
        # Tombstones are carried over, too: without one, an older event would bring its product back.
        documents = get_sources(pair.old.client, pair.old.name, part, _source_exclude_vectors="false")
        changed += carry(pair, list(documents.items()), force=force)
        changed += _drop(pair.new.client, [copies[i] for i in part if i not in documents and copies[i]["found"]])
    return changed


def _drop(client: Elasticsearch, copies: Sequence[Document]) -> int:
    """Delete documents, each only if it wasn't written since it was read."""
    actions = [
        {
            "_op_type": "delete",
            "_index": copy["_index"],
            "_id": copy["_id"],
            "if_seq_no": copy["_seq_no"],
            "if_primary_term": copy["_primary_term"],
        }
        for copy in copies
    ]
    return sum(1 for failure in bulk(client, actions) if failure is None)


def _changed(index: ProductIndex, name: str, actions: Sequence[write_targets.Action]) -> int:
    """Write, and count the documents that changed."""
    answers: list[Answer] = []
    for failure in write_targets.write_to(index, name, actions, answers=answers):
        if failure:
            raise IndexStateError(f"{name} refused {failure.id}: {failure.reason}")
    return sum(answer["result"] != "noop" for answer in answers)


def _action(product_id: str, document: Document, pair: Pair, *, force: bool) -> write_targets.Action:
    params = {
        "document": with_numbers({name: value for name, value in document.items() if name not in _VECTORS}),
        "force": force,
        "space": pair.space,
        **(_with_vectors(document) if pair.same_space else _pending(document)),
    }
    return {
        "_op_type": "update",
        "_id": product_id,
        "script": {"source": scripts.source("product_carry"), "params": params},
        "scripted_upsert": True,
        "upsert": {},
        "retry_on_conflict": 5,
    }


def _with_vectors(document: Document) -> Document:
    return {name: document.get(name, {"status": "pending"} if name == "embedding" else None) for name in _VECTORS}


def _pending(document: Document) -> Document:
    """Leave out the vectors; keep the digests of the images, whose activations are then read without a fetch."""
    embedding = document.get("embedding", {})
    seen = {name: embedding[name] for name in ("image", "image_digest") if name in embedding}
    pictures = [{k: p[k] for k in ("image", "image_digest") if k in p} for p in document.get("pictures", [])]
    return {"embedding": {"status": "pending", **seen}, "vector": None, "pictures": pictures or None}
