"""The Image Vector Store: reads and writes an image's activations of all aspects in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from elasticsearch import Elasticsearch

from es_mappings.layout import Vector
from es_mappings.stores.image_vector import Numbers
from indexer.activations.activation_store import ActivationStore
from indexer.elastic.client import put_all, vector
from indexer.elastic.multi_get import get_each_with_vectors
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import ImageVectorizer

Activations = Mapping[str, Vector]  # of one image, by aspect


class ImageVectorStore:
    """The activations of images in the stores of their vectorizers.

    Parameters
    ----------
    stores : mapping of str to ActivationStore
        By aspect.
    """

    def __init__(self, client: Elasticsearch, stores: Mapping[str, ActivationStore]) -> None:
        self._client, self._stores = client, stores

    @classmethod
    def open(
        cls, index: ProductIndex, vectorizers: Mapping[str, ImageVectorizer], numbers: Numbers
    ) -> ImageVectorStore:
        """Open the stores of vectorizers, by aspect; missing ones are created."""
        stores = {a: ActivationStore.open(index, "images", v, numbers) for a, v in vectorizers.items()}
        return cls(index.client, stores)

    def get(self, digests: Sequence[str]) -> dict[str, Activations]:
        """Read the activations of images, by digest; those that lack an aspect are left out."""
        sources = get_each_with_vectors(
            self._client, [(store.index, digest) for digest in digests for store in self._stores.values()]
        )
        complete: dict[str, Activations] = {}
        for place, digest in enumerate(digests):
            of_image = sources[place * len(self._stores) : (place + 1) * len(self._stores)]
            activations = {a: vector(s["activation"]) for a, s in zip(self._stores, of_image, strict=True) if s}
            if len(activations) == len(self._stores):
                complete[digest] = activations
        return complete

    def put(self, activations: Mapping[str, Activations]) -> dict[str, Activations]:
        """Write the activations of images by digest, and return them as they will be read.

        Raises
        ------
        IndexStateError
            Elasticsearch refused one.
        """
        rounded: dict[str, Activations] = {
            digest: {aspect: self._stores[aspect].rounded(raw) for aspect, raw in by_aspect.items()}
            for digest, by_aspect in activations.items()
        }
        documents = [
            self._stores[aspect].document(digest, raw)
            for digest, by_aspect in rounded.items()
            for aspect, raw in by_aspect.items()
        ]
        put_all(self._client, documents, "an activation")
        return rounded
