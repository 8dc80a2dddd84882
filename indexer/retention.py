"""What the Image Vector Store holds, and the expiry of what no product has used for some days.

What products use is known only once all have been read, and part of it, the digests of texts, can't be searched for. So
the stores are gone through in slices, by a hash of their ids: what products use of one slice fits into memory.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zlib import crc32

from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan
from more_itertools import chunked

from es_mappings.stores import image_address
from indexer.activations.image_addresses import address_id
from indexer.attached.attachment import Attachment, Attachments, concrete
from indexer.attached.fields import describe
from indexer.catalog.documents import now
from indexer.elastic.client import bulk
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import ProductFields
from indexer.vectorizers.text import text_key

_SINCE = "unused_since"
_SLICE = 500_000  # documents of all stores; 0.2 kB of memory for each that is used
_CHUNK = 1_000  # documents per request


@dataclass(frozen=True)
class StoreSummary:
    """What one store holds."""

    index: str
    aspects: str  # whose activations each document has
    count: int
    size: int  # bytes on disk
    numbers: str  # their format
    unused: int  # that no product used when `expire` last ran

    def __str__(self) -> str:
        each = f", {self.size / self.count / 1000:.1f} kB each" if self.count else ""
        return (
            f"{self.aspects} of {self.count:,} as {self.numbers}, {self.size / 2**20:,.1f} MiB{each}, "
            f"{self.unused:,} unused"
        )


def summaries(index: ProductIndex) -> list[StoreSummary]:
    """Return what each store of a product index holds, in the order of their names."""
    names = _stores(index)
    if not names:
        return []
    client = index.client
    client.indices.refresh(index=list(names))
    stats = client.indices.stats(index=list(names), metric=["docs", "store"])["indices"]
    return [
        StoreSummary(
            name,
            _aspects(mapping["mappings"]["_meta"]),
            stats[name]["primaries"]["docs"]["count"],
            stats[name]["primaries"]["store"]["size_in_bytes"],
            mapping["mappings"]["_meta"].get("numbers", "dense_vector"),
            client.count(index=name, query={"exists": {"field": _SINCE}})["count"],
        )
        for name, mapping in sorted(names.items())
    ]


def _aspects(meta: Mapping[str, Any]) -> str:
    if "vectorizers" in meta:
        return ", ".join(sorted(meta["vectorizers"]))
    return f"{meta['vectorizer'].get('aspect', '?')}, which the next fit copies and deletes,"


@dataclass(frozen=True)
class Expired:
    """How many documents were deleted."""

    activations: int
    addresses: int  # of images


class Slice(NamedTuple):
    """One of several slices of the stores."""

    number: int  # from 0
    of: int

    @classmethod
    def parse(cls, text: str) -> Slice | None:
        """Read what `str` returned; None if it is something else."""
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        number, of = map(int, found.groups()) if found else (0, 0)
        return cls(number, of) if number < of else None

    def __str__(self) -> str:
        """Return what `parse` reads."""
        return f"{self.number}/{self.of}"

    @property
    def next(self) -> Slice | None:
        """The slice that follows; None after the last."""
        return Slice(self.number + 1, self.of) if self.number + 1 < self.of else None

    def has(self, name: str) -> bool:
        """Return whether a document is in this slice, by its id."""
        return crc32(name.encode()) % self.of == self.number


@dataclass
class _Used:
    """What products use of a slice: digests of their images and texts, and ids of their images' addresses."""

    part: Slice
    digests: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    def add(self, images: Iterable[str], digests: Iterable[str | None], fields: ProductFields | None) -> None:
        texts = [text_key(fields)] if fields else []
        self.addresses.update(filter(self.part.has, map(address_id, images)))
        self.digests.update(digest for digest in (*digests, *texts) if digest and self.part.has(digest))


def first_slice(index: ProductIndex) -> Slice:
    """Return the first of as many slices as the size of the stores needs."""
    names = [*_patterns(index), index.store(image_address.KIND)]
    count = index.client.count(index=names, ignore_unavailable=True)["count"]
    return Slice(0, max(1, math.ceil(count / _SLICE)))


def expire(index: ProductIndex, days: int) -> Expired:
    """Expire all slices, as `expire_slice` does one."""
    part: Slice | None = first_slice(index)
    expired = Expired(0, 0)
    while part:
        of_slice = expire_slice(index, days, part)
        expired = Expired(expired.activations + of_slice.activations, expired.addresses + of_slice.addresses)
        part = part.next
    return expired


def expire_slice(index: ProductIndex, days: int, part: Slice) -> Expired:
    """Delete the activations and image addresses of a slice that no product has used for ``days``; return how many.

    What is unused for the first time is only marked, so that a product that comes back within those days, or an image
    that is used again, needs no model. Documents of attached indices count like products of ours.

    Raises
    ------
    IndexStateError
        An attached index can't be read. Nothing is deleted, because what it uses is unknown.
    """
    used, limit = _used(index, part), datetime.now(UTC) - timedelta(days=days)
    if used is None:
        return Expired(0, 0)
    activations = sum(_expire(index.client, store, part, used.digests, limit) for store in _stores(index))
    addresses = index.store(image_address.KIND)
    exists = index.client.indices.exists(index=addresses)
    return Expired(activations, _expire(index.client, addresses, part, used.addresses, limit) if exists else 0)


def _expire(client: Elasticsearch, index: str, part: Slice, used: set[str], limit: datetime) -> int:
    client.indices.refresh(index=index)
    [mapping] = client.indices.get_mapping(index=index).body.values()
    if _SINCE not in mapping["mappings"]["properties"]:  # made by an older version
        client.indices.put_mapping(index=index, properties={_SINCE: {"type": "date"}})
    hits = (hit for hit in _scan(client, index, [_SINCE]) if part.has(hit["_id"]))
    deleted = 0
    for actions in chunked(filter(None, (_action(hit, used, limit) for hit in hits)), _CHUNK):
        outcomes = zip(actions, bulk(client, actions), strict=True)
        deleted += sum(action["_op_type"] == "delete" and failure is None for action, failure in outcomes)
    return deleted


def _action(hit: dict[str, Any], used: set[str], limit: datetime) -> dict[str, Any] | None:
    since, action = hit["_source"].get(_SINCE), {"_index": hit["_index"], "_id": hit["_id"]}
    if hit["_id"] in used:
        return {**action, "_op_type": "update", "doc": {_SINCE: None}} if since else None
    if since is None:
        return {**action, "_op_type": "update", "doc": {_SINCE: now()}}
    return {**action, "_op_type": "delete"} if datetime.fromisoformat(since) < limit else None


def _used(index: ProductIndex, part: Slice) -> _Used | None:
    """Return what products use of a slice, those of attached indices included; None if there is no index at all."""
    used, attachments = _Used(part), Attachments(index)
    attached = [attachments.read(name) for name in attachments.all()]
    for attachment in attached:  # first, because a missing one raises
        _add_attached(index.client, attachment, used)
    has_products = bool(index.client.indices.exists_alias(name=index.alias))
    if has_products:
        _add_products(index, used)
    return used if has_products or attached else None


def _add_products(index: ProductIndex, used: _Used) -> None:
    fields = ["images", "embedding.image_digest", "pictures.image_digest", *ProductFields.NAMES]
    for hit in index.scan({"query": {"match_all": {}}, "_source": fields}, size=_CHUNK):
        source = hit["_source"]
        pictures = [source.get("embedding", {}), *source.get("pictures", [])]
        words = ProductFields.from_source(source) if "title" in source else None
        used.add(source.get("images") or (), (p.get("image_digest") for p in pictures), words)


def _add_attached(client: Elasticsearch, attachment: Attachment, used: _Used) -> None:
    concrete(client, attachment.index)  # raises if the index is missing
    paths = [f"{attachment.object}.images", *attachment.names.paths.values()]
    with_status = {"exists": {"field": f"{attachment.object}.status"}}
    for hit in _scan(client, attachment.index, paths, with_status):
        described = describe(hit["_source"], attachment.names)
        ours = hit["_source"].get(attachment.object) or {}
        used.add(described.images, (image.get("digest") for image in ours.get("images") or ()), described.fields)


def _patterns(index: ProductIndex) -> list[str]:
    return [index.store("images-*"), index.store("texts-*")]


def _stores(index: ProductIndex) -> dict[str, Any]:
    return dict(index.client.indices.get_mapping(index=_patterns(index), allow_no_indices=True).body)


def _scan(
    client: Elasticsearch, index: str, fields: list[str], query: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    yield from scan(client, index=index, query={"query": query or {"match_all": {}}, "_source": fields}, size=_CHUNK)
