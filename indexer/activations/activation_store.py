"""The stores of raw activations, one for each vectorizer, so that no image or text is embedded twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

import numpy as np
from elasticsearch.helpers import scan
from more_itertools import chunked

from es_mappings.layout import Vector
from es_mappings.stores import image_vector
from es_mappings.stores.image_vector import Numbers
from indexer.catalog.documents import now
from indexer.digests import manifest_digest
from indexer.elastic.client import capabilities, make_index, put_all, vector
from indexer.elastic.multi_get import get_sources, get_with_vectors
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import Vectorizer

Kind = Literal["images", "texts"]


def as_stored(raw: Vector, numbers: Numbers) -> Vector:
    """Round activations to the number format of the store, so that computed and stored ones are equal to the bit.

    bfloat16 is the upper half of a float32. Elasticsearch takes float32 and truncates it; however it rounds, numbers
    that are rounded already (to the nearest, ties to even) stay the same. NaN stays NaN, which Elasticsearch refuses.
    """
    if numbers == "float32":
        return raw
    bits = np.ascontiguousarray(raw, np.float32).view(np.uint32)
    rounded = ((bits + (((bits >> 16) & 1) + 0x7FFF)) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isnan(raw), raw, rounded)


class ActivationStore:
    """The activations of one vectorizer, a document for each image or text, by its digest."""

    def __init__(self, index: ProductIndex, kind: Kind, vectorizer: str, numbers: Numbers = "float32") -> None:
        self._client, self._numbers = index.client, numbers
        self.index = index.store(f"{kind}-{vectorizer}")

    @classmethod
    def open(
        cls, index: ProductIndex, kind: Kind, vectorizer: Vectorizer, numbers: Numbers = "float32"
    ) -> ActivationStore:
        """Open the store of a vectorizer, created if missing; ``numbers`` is the format of a new one.

        An Elasticsearch that lacks bfloat16 stores float32 instead.
        """
        store = cls(index, kind, manifest_digest(vectorizer.manifest))
        if numbers == "bfloat16" and not capabilities(index.client).bfloat16:
            numbers = "float32"
        make_index(index.client, store.index, image_vector.mapping(vectorizer.manifest, vectorizer.dims, numbers))
        mapping = index.client.indices.get_mapping(index=store.index)[store.index]["mappings"]
        store._numbers = image_vector.numbers(mapping)
        return store

    def get(self, digests: Sequence[str]) -> dict[str, Vector]:
        """Read activations by digest; missing ones are left out."""
        sources = get_with_vectors(self._client, self.index, digests)
        return {name: vector(source["activation"]) for name, source in sources.items()}

    def lacks(self, digests: Sequence[str]) -> set[str]:
        """Return the digests that have no stored activation."""
        return set(digests) - set(get_sources(self._client, self.index, digests, _source_includes="digest"))

    def put(self, activations: Mapping[str, Vector]) -> dict[str, Vector]:
        """Write activations by the digest of the image or text, and return them as they will be read.

        Raises
        ------
        IndexStateError
            Elasticsearch refused one.
        """
        rounded = {digest: self.rounded(raw) for digest, raw in activations.items()}
        put_all(self._client, [self.document(digest, raw) for digest, raw in rounded.items()], "an activation")
        return rounded

    def rounded(self, raw: Vector) -> Vector:
        """Round an activation to the number format of this store."""
        return as_stored(raw, self._numbers)

    def document(self, digest: str, rounded: Vector) -> dict[str, Any]:
        """Build the document of an activation, with its index and id."""
        return {
            "_index": self.index,
            "_id": digest,
            "digest": digest,
            "activation": rounded,
            "stored_at": now(),
        }

    def count(self) -> int:
        """Count the stored activations."""
        self._client.indices.refresh(index=self.index)
        return int(self._client.count(index=self.index)["count"])

    def sample(self, size: int) -> Vector:
        """Read up to ``size`` activations in the order of their digests: a random but reproducible sample."""
        rows = list(islice(self._scan(), size))
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def chunks(self, most: int, size: int = 1_000) -> Iterator[Vector]:
        """Read up to ``most`` activations in the order of `sample`, ``size`` at a time."""
        yield from map(np.stack, chunked(islice(self._scan(), most), size))

    def _scan(self) -> Iterator[Vector]:
        query = {"_source": {"exclude_vectors": False, "includes": ["activation"]}, "sort": [{"digest": "asc"}]}
        for hit in scan(self._client, index=self.index, query=query, preserve_order=True, size=200):
            yield vector(hit["_source"]["activation"])
