"""Read from an index the products that are to be embedded, and write their vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from indexer.activations.image_addresses import Known
from indexer.catalog import documents
from indexer.elastic import write_targets
from indexer.elastic.client import BulkFailure
from indexer.elastic.multi_get import multi_get
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.image_embedder import Embedded
from indexer.errors import ImageError, PlaceholderError
from indexer.vectorizers.base import ProductFields

_LEFT_OUT = "vector,pictures.vector"  # large, and written anew
_CONFLICT = 409  # the status of a write that another one came before


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
    read: Mapping[str, Any] = field(default_factory=dict, repr=False)  # as Elasticsearch returned it, without vectors

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
    unique = list(dict.fromkeys(ids))
    docs = multi_get(index.client, [(index.name, name) for name in unique], _source_excludes=_LEFT_OUT)
    alive = {doc["_id"]: doc for doc in docs if doc["found"] and _is_alive(doc["_source"])}
    products = {name: _product(doc, space) for name, doc in alive.items()}
    return products, [name for name in unique if name not in alive]


def write(
    index: ProductIndex, name: str, products: Sequence[StoredProduct], actions: Sequence[documents.Action]
) -> list[BulkFailure | None]:
    """Write vectors into products that were read from an index, through its write alias.

    As whole documents, for which Elasticsearch needn't read the products again. Those that were written since they were
    read are left to their actions' script, which decides by what is stored then.

    Parameters
    ----------
    actions : sequence of dict
        What `documents.embedded` built for each of the products.

    Returns
    -------
    list of BulkFailure or None
        The outcome of each.
    """
    whole = [documents.replaced(action, p.read) for action, p in zip(actions, products, strict=True)]
    outcomes = write_targets.write_to(index, name, whole)
    changed = [place for place, failure in enumerate(outcomes) if failure and failure.status == _CONFLICT]
    again = write_targets.write_to(index, name, [actions[place] for place in changed])
    for place, outcome in zip(changed, again, strict=True):
        outcomes[place] = outcome
    return outcomes


def _is_alive(source: Mapping[str, Any]) -> bool:
    return "title" in source and "deleted_at" not in source


def _product(doc: Mapping[str, Any], space: str | None) -> StoredProduct:
    source = doc["_source"]
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
        doc,
    )


def _is_same(image: Embedded | ImageError, digest: str) -> bool:
    if isinstance(image, PlaceholderError):
        return False  # it counted as an image when the vector was made
    return isinstance(image, ImageError) or image.digest == digest
