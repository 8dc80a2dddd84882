"""Sort an attached index by similarity; its own query stays unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elasticsearch import Elasticsearch

from es_mappings import queries
from es_mappings.anchors import Anchor, Mode
from indexer.attached.attachment import Attachment, Attachments
from indexer.elastic.client import vector
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.spaces.vector_space import load_space


def similar_request(
    index: ProductIndex,
    name: str,
    likes: Sequence[str],
    *,
    q: str = "",
    mode: Mode = "auto",
    size: int = 24,
) -> dict[str, Any]:
    """Build the request that sorts an attached index by similarity to some of its products.

    Parameters
    ----------
    name : str
        The attached index.
    likes : sequence of str
        Values of the attachment's id field, by default ``_id``.
    q : str
        Keywords, searched in the text fields of the attachment.

    Raises
    ------
    IndexStateError
        It isn't attached, or a product isn't in it or has no vector.
    """
    attachment = Attachments(index).read(name)
    if attachment.space is None:
        raise IndexStateError(f"{name} has no vectors yet: `lookalike sweep`")
    names = attachment.names
    texts = [path for path in (names.title, names.description, names.brand, names.category) if path]
    words: dict[str, Any] = {"multi_match": {"query": q, "fields": texts, "type": "cross_fields", "operator": "and"}}
    query = {"bool": {"filter": [attachment.query], **({"must": [words]} if q and texts else {})}}
    parts = queries.sort_by_similar(
        query,
        _anchors(index.client, attachment, likes),
        mode=mode,
        layout=load_space(index, attachment.space).layout,
        field=attachment.vector,
    )
    fields = [path for path in (names.id, names.title, names.price, names.image) if path]
    return {**parts, "size": size, "track_total_hits": True, "_source": [*fields, f"{attachment.object}.status"]}


def _anchors(client: Elasticsearch, attachment: Attachment, likes: Sequence[str]) -> list[Anchor]:
    liked = {"terms": {attachment.names.id: list(likes)}} if attachment.names.id else {"ids": {"values": list(likes)}}
    hits = client.search(
        index=attachment.index,
        query=liked,
        size=2 * len(likes),
        source={"exclude_vectors": False, "includes": [attachment.object]},
    )["hits"]["hits"]
    anchors = [Anchor(hit["_id"], vector(v)) for hit in hits if (v := _vector(attachment, hit["_source"])) is not None]
    if len(anchors) < len(set(likes)):
        id_field = attachment.names.id or "_id"
        raise IndexStateError(
            f"Of {', '.join(likes)} only {len(anchors)} are in {attachment.index} with a vector; they are looked up by "
            f"{id_field}, which must be a keyword or a number"
        )
    return anchors


def _vector(attachment: Attachment, source: dict[str, Any]) -> Any:
    return (source.get(attachment.object) or {}).get("vector")
