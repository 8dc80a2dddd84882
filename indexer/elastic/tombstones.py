"""Tombstones: what is kept of deleted products, so that older events can't bring them back."""

from __future__ import annotations

from dataclasses import dataclass

from elasticsearch import Elasticsearch

from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.elastic.multi_get import multi_get


@dataclass(frozen=True)
class Tombstone:
    """What is kept of a deleted product: enough to show what is similar, but no words, pictures or prices.

    Attributes
    ----------
    category_path : tuple of str
        Paths of its categories, broad to narrow.
    vector : ndarray or None
        Its compound vector, shape ``(dims,)``; None if it had none.
    space : str or None
        The vector space that the vector belongs to; in another one it means nothing.
    """

    product_id: str
    category_path: tuple[str, ...] = ()
    vector: Vector | None = None
    space: str | None = None


def read_tombstone(client: Elasticsearch, index: str, product_id: str) -> Tombstone | None:
    """Read the tombstone of a product; None if it isn't deleted, has never been, or has been gone for long."""
    [doc] = multi_get(client, [(index, product_id)], _source_includes="version,deleted_at,last")
    source = doc.get("_source", {})
    # Of a negative version are updates that wait for a product that has never come.
    if "deleted_at" not in source or source.get("version", -1) < 0:
        return None
    last = source.get("last") or {}
    values = last.get("vector")
    return Tombstone(
        product_id,
        tuple(last.get("category_path") or ()),
        None if values is None else vector(values),
        last.get("space"),
    )
