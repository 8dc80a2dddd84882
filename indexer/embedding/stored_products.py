"""Read from an index the products that are to be embedded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from indexer.activations.image_addresses import Known
from indexer.elastic.multi_get import get_sources
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.image_embedder import Embedded
from indexer.errors import ImageError, PlaceholderError
from indexer.vectorizers.base import ProductFields

_FIELDS = ["deleted_at", "images", "source", "embedding", "attribution", "pictures.image", "pictures.image_digest"]


@dataclass(frozen=True)
class Embeddable:
    """Everything that a product's vector is made from."""

    images: tuple[str, ...]  # the primary one first
    digests: dict[str, str]  # by address, of the images that its vectors were made from
    fields: ProductFields
    source: str  # digest of its addresses and fields


@dataclass(frozen=True)
class StoredProduct(Embeddable):
    """A product of an index of ours."""

    done: bool  # its vector is of this source and of the index's vector space
    attribution: Mapping[str, Any]  # which model predicted its attributes, and from which source
    placeholders: frozenset[str] = frozenset()  # digests of its pictures that counted as no image

    def is_current(self, known: Mapping[str, Known], placeholders: Set[str] = frozenset()) -> bool:
        """Return whether the vector is up to date and no image is due to be checked.

        Parameters
        ----------
        placeholders : set of str
            Digests of the pictures that are confirmed placeholders now.
        """
        decided = self.placeholders <= placeholders and placeholders.isdisjoint(self.digests.values())
        missing = [a for a in self.images if a not in self.digests]  # from its vectors, unless it is a placeholder
        complete = all(a in known and known[a].digest in self.placeholders for a in missing)
        same = not any(known[a].due or known[a].digest != d for a, d in self.digests.items())
        return self.done and decided and complete and same

    def is_unchanged(self, images: Mapping[str, Embedded | ImageError]) -> bool:
        """Return whether the vector fits the images as they are now; one that failed counts as the same."""
        same = all(_is_same(images[address], digest) for address, digest in self.digests.items())
        more = any(isinstance(images[a], Embedded) for a in self.images if a not in self.digests)
        present = {image.digest for a in self.images if isinstance(image := images[a], PlaceholderError)}
        return self.done and same and not more and self.placeholders == present


def read(index: ProductIndex, ids: Sequence[str], space: str | None) -> tuple[dict[str, StoredProduct], list[str]]:
    """Read products by id; return them, and the ids of those that are gone."""
    fields = ",".join([*_FIELDS, *ProductFields.NAMES])
    sources = get_sources(index.client, index.name, ids, _source_includes=fields)
    alive = {name: s for name, s in sources.items() if "title" in s and "deleted_at" not in s}
    products = {name: _product(source, space) for name, source in alive.items()}
    return products, [name for name in dict.fromkeys(ids) if name not in alive]


def _product(source: Mapping[str, Any], space: str | None) -> StoredProduct:
    embedding = source.get("embedding", {})
    known = [embedding, *source.get("pictures", [])]
    digests = {k["image"]: k["image_digest"] for k in known if k.get("image") and k.get("image_digest")}
    images = tuple(dict.fromkeys(source.get("images") or ()))
    return StoredProduct(
        images,
        {i: d for i, d in digests.items() if i in images},
        ProductFields.from_source(source),
        source["source"],
        space is not None
        and (embedding.get("status"), embedding.get("space"), embedding.get("source"))
        == ("done", space, source["source"]),
        source.get("attribution") or {},
        frozenset(embedding.get("placeholders", ())),
    )


def _is_same(image: Embedded | ImageError, digest: str) -> bool:
    if isinstance(image, PlaceholderError):
        return False  # it counted as an image when the vector was made
    return isinstance(image, ImageError) or image.digest == digest
