"""What the Image Vector Store keeps, and for how long: what no product uses any more is let go after a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan

from es_mappings.stores import image_address, image_vector
from indexer.activations.image_addresses import address_id
from indexer.attached.attachment import Attachment, Attachments, concrete
from indexer.attached.fields import describe
from indexer.catalog.documents import now
from indexer.elastic.client import bulk
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import ProductFields
from indexer.vectorizers.text import text_key

_SINCE = "unused_since"


@dataclass(frozen=True)
class Kept:
    """What one store keeps."""

    index: str
    aspect: str
    count: int
    size: int  # bytes on disk
    numbers: str  # what they are kept as
    unused: int  # of them, found used by no product the last time

    def __str__(self) -> str:
        each = f", {self.size / self.count / 1000:.1f} kB each" if self.count else ""
        return (
            f"{self.aspect} of {self.count:,} as {self.numbers}, {self.size / 2**20:,.1f} MiB{each}, "
            f"{self.unused:,} unused"
        )


def kept(index: ProductIndex) -> list[Kept]:
    """List the stores of a product index, by name."""
    names = _stores(index)
    if not names:
        return []
    client = index.client
    client.indices.refresh(index=list(names))
    stats = client.indices.stats(index=list(names), metric=["docs", "store"])["indices"]
    return [
        Kept(
            name,
            mapping["mappings"].get("_meta", {}).get("vectorizer", {}).get("aspect", "?"),
            stats[name]["primaries"]["docs"]["count"],
            stats[name]["primaries"]["store"]["size_in_bytes"],
            image_vector.numbers(mapping["mappings"]),
            client.count(index=name, query={"exists": {"field": _SINCE}})["count"],
        )
        for name, mapping in sorted(names.items())
    ]


@dataclass(frozen=True)
class Expired:
    """How many were let go."""

    activations: int
    addresses: int  # of which it was known what image they gave


@dataclass
class _Used:
    """What products use: digests of their images and names of their words; ids of their images' addresses."""

    digests: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    def add(self, images: Iterable[str], seen: Iterable[str | None], fields: ProductFields | None) -> None:
        self.addresses.update(address_id(image) for image in images)
        self.digests.update(digest for digest in seen if digest)
        if fields:
            self.digests.add(text_key(fields))


def expire(index: ProductIndex, days: int) -> Expired:
    """Delete what no product has used for some days: activations, and what image addresses gave; count them.

    What is found unused for the first time is only marked, so that a product that comes back within those days, or an
    image that is used again, costs nothing. Attached indices use what they were given as products of ours do.

    Raises
    ------
    IndexStateError
        An attached index can't be read: nothing is deleted, since nobody can say what it uses.
    """
    used, limit = _used(index), datetime.now(UTC) - timedelta(days=days)
    if used is None:
        return Expired(0, 0)
    activations = sum(_let_go(index.client, store, used.digests, limit) for store in _stores(index))
    addresses = index.store(image_address.KIND)
    there = index.client.indices.exists(index=addresses)
    return Expired(activations, _let_go(index.client, addresses, used.addresses, limit) if there else 0)


def _let_go(client: Elasticsearch, index: str, used: set[str], limit: datetime) -> int:
    client.indices.refresh(index=index)
    [mapping] = client.indices.get_mapping(index=index).body.values()
    if _SINCE not in mapping["mappings"]["properties"]:  # made by an older version
        client.indices.put_mapping(index=index, properties={_SINCE: {"type": "date"}})
    actions = [action for hit in _scan(client, index, [_SINCE]) if (action := _action(hit, used, limit))]
    outcomes = zip(actions, bulk(client, actions), strict=True)
    return sum(action["_op_type"] == "delete" and failure is None for action, failure in outcomes)


def _action(hit: dict[str, Any], used: set[str], limit: datetime) -> dict[str, Any] | None:
    since, action = hit["_source"].get(_SINCE), {"_index": hit["_index"], "_id": hit["_id"]}
    if hit["_id"] in used:
        return {**action, "_op_type": "update", "doc": {_SINCE: None}} if since else None
    if since is None:
        return {**action, "_op_type": "update", "doc": {_SINCE: now()}}
    return {**action, "_op_type": "delete"} if datetime.fromisoformat(since) < limit else None


def _used(index: ProductIndex) -> _Used | None:
    """Return what the products use, ours and attached ones; None where there is no index of either."""
    used, attachments = _Used(), Attachments(index)
    attached = [attachments.read(name) for name in attachments.all()]
    for attachment in attached:  # first, since one that is gone ends it
        _add_attached(index.client, attachment, used)
    has_own = bool(index.client.indices.exists_alias(name=index.alias))
    if has_own:
        _add_own(index, used)
    return used if has_own or attached else None


def _add_own(index: ProductIndex, used: _Used) -> None:
    fields = ["images", "embedding.image_digest", "pictures.image_digest", *ProductFields.NAMES]
    for hit in index.scan({"query": {"match_all": {}}, "_source": fields}, size=1_000):
        source = hit["_source"]
        pictures = [source.get("embedding", {}), *source.get("pictures", [])]
        words = ProductFields.from_source(source) if "title" in source else None
        used.add(source.get("images") or (), (p.get("image_digest") for p in pictures), words)


def _add_attached(client: Elasticsearch, attachment: Attachment, used: _Used) -> None:
    concrete(client, attachment.index)  # says what is missing
    paths = [f"{attachment.object}.images", *attachment.names.named.values()]
    with_status = {"exists": {"field": f"{attachment.object}.status"}}
    for hit in _scan(client, attachment.index, paths, with_status):
        described = describe(hit["_source"], attachment.names)
        ours = hit["_source"].get(attachment.object) or {}
        used.add(described.images, (image.get("digest") for image in ours.get("images") or ()), described.fields)


def _stores(index: ProductIndex) -> dict[str, Any]:
    names = [index.store("images-*"), index.store("texts-*")]
    return dict(index.client.indices.get_mapping(index=names, allow_no_indices=True).body)


def _scan(
    client: Elasticsearch, index: str, fields: list[str], query: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    yield from scan(client, index=index, query={"query": query or {"match_all": {}}, "_source": fields}, size=1_000)
