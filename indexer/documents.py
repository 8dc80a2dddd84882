"""Products and vectors as bulk actions. Pure; what two writers could race for is decided inside Elasticsearch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from elasticsearch.helpers import pack_dense_vector

from es_mappings.facets import attribute_pairs
from es_mappings.layout import Vector
from indexer.catalog import Delete, Product

Action = dict[str, Any]

# The newest version wins whatever the order of arrival. The vector stays while the primary image stays the same.
_UPSERT = """
if (ctx._source.version != null && ctx._source.version > params.product.version) { ctx.op = 'noop'; return; }
def before = ctx._source;
def same = before.images != null && !before.images.isEmpty() && !params.product.images.isEmpty()
    && before.images[0] == params.product.images[0];
def after = new HashMap(params.product);
after.added_at = before.added_at != null ? before.added_at : params.product.updated_at;
if (same && before.embedding?.image_digest != null) {
  after.embedding = before.embedding;
  after.vector = before.vector;
  if (before.images.equals(after.images)) { after.pictures = before.pictures; }
}
ctx._source.clear();
ctx._source.putAll(after);
"""

_DELETE = "if (ctx._source.version > params.version) { ctx.op = 'noop' } else { ctx.op = 'delete' }"

# An embedding is written only while the image it was made from is still the product's primary one.
_EMBED = """
if (ctx._source.images == null || ctx._source.images.isEmpty() || ctx._source.images[0] != params.embedding.image) {
  ctx.op = 'noop'; return;
}
ctx._source.embedding = params.embedding;
if (params.vector != null) { ctx._source.vector = params.vector; } else { ctx._source.remove('vector'); }
if (params.pictures != null) { ctx._source.pictures = params.pictures; } else { ctx._source.remove('pictures'); }
"""


def category_paths(category: list[str]) -> list[str]:
    """Give the path of a category and of all above it: ``["Dresses", "Dresses/Midi dresses"]``."""
    # A slash inside a name would look like a level of its own; the division slash looks the same to a shopper.
    names = [name.replace("/", "\N{DIVISION SLASH}") for name in category]
    return ["/".join(names[: depth + 1]) for depth in range(len(names))]


def product_document(product: Product) -> dict[str, Any]:
    """Build the document of a product, without its vector."""
    return {
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "category": product.category,
        "category_path": category_paths(product.category),
        "brand": product.brand,
        "price": product.price,
        "currency": product.currency,
        "in_stock": product.in_stock,
        "attributes": product.attributes,
        "facets": attribute_pairs(product.attributes),
        "style": product.style_id or product.id,
        "images": product.images,
        "version": product.version,
        "extra": product.extra,
        "updated_at": now(),
        "embedding": {"status": "pending"}
        if product.images
        else {"status": "failed", "reason": "the product has no image"},
    }


def upsert(index: str, product: Product) -> Action:
    """Build the action that writes a product unless a newer version of it is there."""
    document = product_document(product)
    return {
        "_op_type": "update",
        "_index": index,
        "_id": product.id,
        "script": {"source": _UPSERT, "params": {"product": document}},
        "scripted_upsert": True,
        "upsert": {},
        "retry_on_conflict": 5,
    }


def delete(index: str, event: Delete) -> Action:
    """Build the action that deletes a product unless a newer version of it is there."""
    return {
        "_op_type": "update",
        "_index": index,
        "_id": event.id,
        "script": {"source": _DELETE, "params": {"version": event.version}},
        "retry_on_conflict": 5,
    }


@dataclass(frozen=True)
class EmbeddedImage:
    """An image that was embedded: its address, its digest, and its vector once a vector space is fitted."""

    image: str
    digest: str
    vector: Vector | None

    @property
    def packed(self) -> str | None:
        """The vector as Elasticsearch takes it most quickly."""
        return pack_dense_vector(self.vector) if self.vector is not None else None


def embedded(index: str, product_id: str, images: Sequence[EmbeddedImage], space: str | None) -> Action:
    """Build the action that writes vectors beside a product, if the first image is still its primary one.

    Parameters
    ----------
    images : sequence of EmbeddedImage
        The primary image, then the others. Without a vector space the product stays ``pending``: its activations are
        kept, its vectors come after the fit.
    """
    primary = images[0]
    embedding = {
        "status": "done" if primary.vector is not None else "pending",
        "image": primary.image,
        "image_digest": primary.digest,
        "space": space,
        "at": now(),
    }
    pictures = [
        {"image": i.image, "image_digest": i.digest, **({"vector": i.packed} if i.packed else {})} for i in images
    ]
    return _embed(index, product_id, embedding, primary.packed, pictures if len(images) > 1 else None)


def failed(index: str, product_id: str, *, image: str, reason: str) -> Action:
    """Build the action that notes why a product has no vector, if the image is still that one."""
    return _embed(index, product_id, {"status": "failed", "reason": reason, "image": image, "at": now()}, None, None)


def _embed(
    index: str,
    product_id: str,
    embedding: dict[str, Any],
    vector: str | None,
    pictures: list[dict[str, str]] | None,
) -> Action:
    params = {"embedding": embedding, "vector": vector, "pictures": pictures}
    return {
        "_op_type": "update",
        "_index": index,
        "_id": product_id,
        "script": {"source": _EMBED, "params": params},
        "retry_on_conflict": 5,
    }


def now() -> str:
    """Give the time in the form Elasticsearch stores."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
