"""What the Image Vector Store keeps, and for how long: activations that no product uses are let go after a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan

from indexer.documents import now
from indexer.elastic import bulk
from indexer.vectorizers.base import ProductFields
from indexer.vectorizers.text import text_name

_SINCE = "unused_since"


@dataclass(frozen=True)
class Kept:
    """What one store keeps."""

    index: str
    aspect: str
    count: int
    size: int  # bytes on disk


def kept(client: Elasticsearch, alias: str) -> list[Kept]:
    """List the stores of a product index, by name."""
    names = _stores(client, alias)
    if not names:
        return []
    client.indices.refresh(index=list(names))
    stats = client.indices.stats(index=list(names), metric=["docs", "store"])["indices"]
    return [
        Kept(
            name,
            mapping["mappings"].get("_meta", {}).get("vectorizer", {}).get("aspect", "?"),
            stats[name]["primaries"]["docs"]["count"],
            stats[name]["primaries"]["store"]["size_in_bytes"],
        )
        for name, mapping in sorted(names.items())
    ]


def sweep(client: Elasticsearch, alias: str, days: int) -> int:
    """Delete the activations that no product has used for some days; give how many.

    What is found unused for the first time is only marked, so that a product that comes back within those days, or an
    image that is used again, costs nothing.
    """
    used, limit = _used(client, alias), datetime.now(UTC) - timedelta(days=days)
    deleted = 0
    for store in _stores(client, alias):
        client.indices.put_mapping(index=store, properties={_SINCE: {"type": "date"}})
        client.indices.refresh(index=store)
        actions = [action for hit in _scan(client, store, [_SINCE]) if (action := _action(hit, used, limit))]
        failures = [failure for failure in bulk(client, actions) if failure]
        deleted += sum(action["_op_type"] == "delete" for action in actions) - len(failures)
    return deleted


def _action(hit: dict[str, Any], used: set[str], limit: datetime) -> dict[str, Any] | None:
    since, action = hit["_source"].get(_SINCE), {"_index": hit["_index"], "_id": hit["_id"]}
    if hit["_id"] in used:
        return {**action, "_op_type": "update", "doc": {_SINCE: None}} if since else None
    if since is None:
        return {**action, "_op_type": "update", "doc": {_SINCE: now()}}
    return {**action, "_op_type": "delete"} if datetime.fromisoformat(since) < limit else None


def _used(client: Elasticsearch, alias: str) -> set[str]:
    """Name what the products use: digests of their images and of their words."""
    names: set[str] = set()
    fields = ["embedding.image_digest", "pictures.image_digest", *ProductFields.NAMES]
    for hit in _scan(client, alias, fields):
        source = hit["_source"]
        pictures = [source.get("embedding", {}), *source.get("pictures", [])]
        names |= {picture["image_digest"] for picture in pictures if picture.get("image_digest")}
        if "title" in source:
            names.add(text_name(ProductFields.from_source(source)))
    return names


def _stores(client: Elasticsearch, alias: str) -> dict[str, Any]:
    found = client.indices.get_mapping(index=[f"{alias}-images-*", f"{alias}-texts-*"], allow_no_indices=True)
    return dict(found.body)


def _scan(client: Elasticsearch, index: str, fields: list[str]) -> Iterator[dict[str, Any]]:
    yield from scan(client, index=index, query={"query": {"match_all": {}}, "_source": fields}, size=1_000)
