"""Embedding images end to end, from their addresses to their written vectors, for benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from uuid import uuid4

from more_itertools import chunked

from indexer.activations.activation_store import Activations
from indexer.catalog.events import Upsert
from indexer.catalog.products import Product
from indexer.elastic.loading import apply_events
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.image_embedder import ImageEmbedder
from indexer.embedding.pipeline import Pipeline
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.vectorizers.base import ImageVectorizer

BATCHES = 4  # concurrent, as in the pipeline


class EndToEnd(Protocol):
    """Embeds images end to end. The first call fits the vector space on its first batch."""

    def load(self, addresses: Sequence[str]) -> Sequence[str]:
        """Write a product without vectors for each image; return the products' ids."""

    def __call__(self, ids: Sequence[str]) -> None:
        """Embed products."""

    def close(self) -> None:
        """Delete what was written."""


class NullStore:
    """An Image Vector Store that stores nothing."""

    def get(self, digests: Sequence[str]) -> dict[str, Activations]:
        """Return nothing."""
        del digests
        return {}

    def put(self, activations: Mapping[str, Activations]) -> dict[str, Activations]:
        """Return the activations without storing them."""
        return dict(activations)


class Unindexed:
    """Fetching, decoding and embedding, without Elasticsearch."""

    def __init__(self, settings: Settings, source: ImageSource, vectorizers: Mapping[str, ImageVectorizer]) -> None:
        self._size = settings.batch_size
        self._embed = ImageEmbedder(source, vectorizers, NullStore(), self._size)

    def load(self, addresses: Sequence[str]) -> Sequence[str]:
        """Return the addresses: no product is needed."""
        return addresses

    def __call__(self, ids: Sequence[str]) -> None:
        """Embed images by their addresses."""
        with ThreadPoolExecutor(BATCHES) as threads:
            for done in threads.map(lambda batch: self._embed(batch, {}), chunked(ids, self._size)):
                del done

    def close(self) -> None:
        """Do nothing, because nothing was written."""


class Indexed:
    """The pipeline as it runs in a worker, into an index of its own, with one product per image."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.model_copy(update={"index_name": f"bench-{uuid4().hex[:8]}"})
        self._index = ProductIndex.open(self._settings)
        self._index.ensure()
        self._pipeline = Pipeline.from_settings(self._settings)

    def load(self, addresses: Sequence[str]) -> Sequence[str]:
        """Write one product per image; return their ids."""
        products = [Product(id=uuid4().hex, title=f"Product {uuid4().hex[:8]}", images=[a]) for a in addresses]
        apply_events(self._index, [Upsert(type="upsert", product=p) for p in products])
        return [product.id for product in products]

    def __call__(self, ids: Sequence[str]) -> None:
        """Embed products."""
        if self._pipeline.space() is None:
            self._pipeline.vectorize(ids[: self._settings.batch_size])
            fit_space(self._index, self._pipeline.vectorizers)
        report = self._pipeline.vectorize(ids)
        if report.failed:
            raise RuntimeError(f"{len(report.failed)} products failed: {next(iter(report.failed.values()))}")

    def close(self) -> None:
        """Delete the index and its stores."""
        indices = self._index.client.indices
        for name in indices.get(index=self._index.store("*"), expand_wildcards="all"):
            indices.delete(index=name)
