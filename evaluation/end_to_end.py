"""Images the whole way, from their addresses to where their vectors are written, to be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from uuid import uuid4

from indexer.activations.image_vector_store import Activations
from indexer.catalog.events import Upsert
from indexer.catalog.loading import apply_events
from indexer.catalog.products import Product
from indexer.elastic import indices
from indexer.elastic.client import connect
from indexer.embedding.image_embedder import ImageEmbedder
from indexer.embedding.pipeline import Pipeline
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.vectorizers.base import ImageVectorizer

BATCHES = 4  # side by side, as the pipeline takes them


class WholeWay(Protocol):
    """Takes images the whole way. The first time a batch of them goes ahead: it fits the vector space."""

    def load(self, addresses: Sequence[str]) -> Sequence[str]:
        """Write the products of images, without their vectors; give their ids."""

    def __call__(self, ids: Sequence[str]) -> None:
        """Embed them."""

    def close(self) -> None:
        """Take away what was written."""


class Forgetful:
    """A store that keeps nothing: the whole way, but for Elasticsearch."""

    def get(self, digests: Sequence[str]) -> dict[str, Activations]:
        """Find nothing."""
        del digests
        return {}

    def put(self, activations: Mapping[str, Activations]) -> dict[str, Activations]:
        """Keep nothing."""
        return dict(activations)


class Unindexed:
    """Fetch, decode and embed, with nowhere to write."""

    def __init__(self, settings: Settings, source: ImageSource, vectorizers: Mapping[str, ImageVectorizer]) -> None:
        self._size = settings.batch_size
        self._embed = ImageEmbedder(source, vectorizers, Forgetful(), self._size)

    def load(self, addresses: Sequence[str]) -> Sequence[str]:
        """Return the addresses: no product is needed."""
        return addresses

    def __call__(self, ids: Sequence[str]) -> None:
        """Embed images by their addresses."""
        batches = [ids[start : start + self._size] for start in range(0, len(ids), self._size)]
        with ThreadPoolExecutor(BATCHES) as threads:
            for done in threads.map(lambda batch: self._embed(batch, {}), batches):
                del done

    def close(self) -> None:
        """There is nothing to take away."""


class Indexed:
    """The pipeline as it runs in a worker, into an index of its own: a product an image, each with its own title."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.model_copy(update={"index_name": f"bench-{uuid4().hex[:8]}"})
        self._client, self._alias = connect(settings), self._settings.index_name
        indices.ensure_index(self._client, self._alias)
        self._pipeline = Pipeline.from_settings(self._settings)

    def load(self, addresses: Sequence[str]) -> Sequence[str]:
        """Write a product an image."""
        products = [Product(id=uuid4().hex, title=f"Product {uuid4().hex[:8]}", images=[a]) for a in addresses]
        apply_events(self._client, self._alias, [Upsert(type="upsert", product=p) for p in products])
        return [product.id for product in products]

    def __call__(self, ids: Sequence[str]) -> None:
        """Embed products."""
        if self._pipeline.space() is None:
            self._pipeline.vectorize(ids[: self._settings.batch_size])
            fit_space(self._client, self._alias, self._pipeline.vectorizers)
        report = self._pipeline.vectorize(ids)
        if report.failed:
            raise RuntimeError(f"{len(report.failed)} products failed: {next(iter(report.failed.values()))}")

    def close(self) -> None:
        """Remove the indices."""
        for index in self._client.indices.get(index=f"{self._alias}-*", expand_wildcards="all"):
            self._client.indices.delete(index=index)
