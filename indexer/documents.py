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
from indexer.vectorizers.base import digest

Action = dict[str, Any]

# The newest version wins whatever the order of arrival. What was embedded stands while the source is the same; of a
# product that changed, the old vector stays until the new one is written, unless it shows another image.
_UPSERT = """
def before = ctx._source;
if (before.version != null && before.version > params.product.version) { ctx.op = 'noop'; return; }
def after = new HashMap(params.product);
after.added_at = before.added_at != null ? before.added_at : params.product.updated_at;
def primary = after.images.isEmpty() ? null : after.images[0];
if (before.embedding != null && primary == (before.images.isEmpty() ? null : before.images[0])) {
  if (before.vector != null) { after.vector = before.vector; }
  if (before.pictures != null && before.images.equals(after.images)) { after.pictures = before.pictures; }
  if (before.source == after.source && before.embedding.status != 'failed') {
    after.embedding = before.embedding;
  } else {
    after.embedding = new HashMap(params.product.embedding);
    for (def known : ['image', 'image_digest', 'space']) {
      if (before.embedding[known] != null) { after.embedding[known] = before.embedding[known]; }
    }
  }
}
ctx._source.clear();
ctx._source.putAll(after);
"""

_DELETE = "if (ctx._source.version > params.version) { ctx.op = 'noop' } else { ctx.op = 'delete' }"

# An embedding is written only while the product is still what it was made from.
_EMBED = """
if (ctx._source.source != params.embedding.source) { ctx.op = 'noop'; return; }
ctx._source.embedding = params.embedding;
if (params.vector != null) { ctx._source.vector = params.vector; } else { ctx._source.remove('vector'); }
if (params.pictures != null) { ctx._source.pictures = params.pictures; } else { ctx._source.remove('pictures'); }
"""


def category_paths(category: list[str]) -> list[str]:
    """Give the path of a category and of all above it: ``["Dresses", "Dresses/Midi dresses"]``."""
    # A slash inside a name would look like a level of its own; the division slash looks the same to a shopper.
    names = [name.replace("/", "\N{DIVISION SLASH}") for name in category]
    return ["/".join(names[: depth + 1]) for depth in range(len(names))]


def source_digest(product: Product) -> str:
    """Name all that a product's vector is made from: its images, words and attributes, not its price or stock."""
    made_from = product.model_dump(include={"images", "title", "description", "category", "brand", "attributes"})
    return digest(made_from)


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
        "source": source_digest(product),
        "embedding": {"status": "pending"},
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


def embedded(
    index: str,
    product_id: str,
    source: str,
    vector: Vector | None,
    images: Sequence[EmbeddedImage] = (),
    *,
    space: str | None,
    reason: str | None = None,
    failed: bool = False,
) -> Action:
    """Build the action that writes vectors beside a product, if its source is still the one they were made from.

    Parameters
    ----------
    source : str
        The product's `source_digest` when it was read.
    vector : ndarray or None
        The compound vector. None before a vector space is fitted (the product stays ``pending``: its activations are
        kept, its vector comes after the fit), and where the product has nothing to make one from.
    images : sequence of EmbeddedImage
        The images that could be had, the one in the compound vector first.
    reason : str, optional
        Why the product lacks an image, or its vector.
    failed : bool
        Whether that is a failure of the primary image, or of all: to be tried again.
    """
    status = "failed" if failed else "pending" if space is None else "done"
    embedding = {"status": status, "source": source, "space": space, "at": now(), "reason": reason}
    if images:
        embedding |= {"image": images[0].image, "image_digest": images[0].digest}
    pictures = [
        {"image": i.image, "image_digest": i.digest, **({"vector": i.packed} if i.packed else {})} for i in images
    ]
    params = {
        "embedding": {name: value for name, value in embedding.items() if value is not None},
        "vector": pack_dense_vector(vector) if vector is not None else None,
        "pictures": pictures if len(images) > 1 else None,
    }
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
