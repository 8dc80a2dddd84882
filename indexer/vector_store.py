"""The Image Vector Store: raw activations by image digest and vectorizer, so that no image is embedded twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import pack_dense_vector, scan

from es_mappings import image_vector
from es_mappings.layout import Vector
from indexer.documents import now
from indexer.elastic import bulk, get_with_vectors, vector
from indexer.errors import IndexStateError
from indexer.vectorizers.base import Vectorizer, digest


class ImageVectorStore:
    """The activations that one vectorizer gave, one document an image."""

    def __init__(self, client: Elasticsearch, alias: str, vectorizer: str) -> None:
        self._client = client
        self.index = f"{alias}-images-{vectorizer}"

    @classmethod
    def create(cls, client: Elasticsearch, alias: str, vectorizer: Vectorizer) -> ImageVectorStore:
        """Open the store of a vectorizer, made first if need be."""
        store = cls(client, alias, digest(vectorizer.manifest))
        if not client.indices.exists(index=store.index):
            mapping = image_vector.mapping(vectorizer.manifest, vectorizer.dims)
            # 400: another worker made it in between.
            client.options(ignore_status=400).indices.create(index=store.index, mappings=mapping)
        return store

    def get(self, images: Sequence[str]) -> dict[str, Vector]:
        """Read activations by image digest; images that aren't there are left out."""
        found = get_with_vectors(self._client, self.index, images)
        return {image: vector(source["activation"]) for image, source in found.items()}

    def put(self, activations: Mapping[str, Vector]) -> None:
        """Keep activations by image digest.

        Raises
        ------
        IndexStateError
            Elasticsearch refused one.
        """
        actions = [
            {
                "_index": self.index,
                "_id": image,
                "image": image,
                "activation": pack_dense_vector(raw),
                "stored_at": now(),
            }
            for image, raw in activations.items()
        ]
        for failure in bulk(self._client, actions):
            if failure:
                raise IndexStateError(f"{self.index} refused an activation: {failure.reason}")

    def count(self) -> int:
        """Images whose activation is kept."""
        self._client.indices.refresh(index=self.index)
        return int(self._client.count(index=self.index)["count"])

    def sample(self, size: int) -> Vector:
        """Read up to ``size`` activations, in the order of their digests: a random sample, and always the same one."""
        rows = []
        for row in self._scan():
            rows.append(row)
            if len(rows) == size:
                break
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def _scan(self) -> Iterator[Vector]:
        query = {"_source": {"exclude_vectors": False, "includes": ["activation"]}, "sort": [{"image": "asc"}]}
        for hit in scan(self._client, index=self.index, query=query, preserve_order=True, size=200):
            yield vector(hit["_source"]["activation"])
