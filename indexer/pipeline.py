"""From product ids to vectors beside the products. The one path that the command line and the workers take."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch
from PIL import Image

from es_mappings.layout import Vector
from indexer import documents, images, indices
from indexer.documents import EmbeddedImage
from indexer.elastic import bulk, connect
from indexer.errors import ImageError, SpaceError
from indexer.images import ImageSource
from indexer.settings import Settings
from indexer.spaces import VectorSpace, load_space
from indexer.vector_store import ImageVectorStore
from indexer.vectorizers import load_vectorizers
from indexer.vectorizers.base import Vectorizer, digest

log = logging.getLogger(__name__)

_LEAST_SIDE = 300  # pixels: no less than any default model looks at
_FETCHERS = 8  # images fetched and decoded side by side: waiting for servers, not for cores


@dataclass
class Report:
    """What one call did, by product id."""

    written: list[str] = field(default_factory=list)  # the vector stands beside the product
    waiting: list[str] = field(default_factory=list)  # activations kept, no vector space is fitted yet
    current: list[str] = field(default_factory=list)  # nothing to do: the vector was there
    gone: list[str] = field(default_factory=list)  # the product was deleted, or has no image
    failed: dict[str, str] = field(default_factory=dict)  # why


class Pipeline:
    """Embeds products: read, fetch, embed, reduce, write.

    Holds a model, so make one a process. The vector space is read anew when the index's space changes.
    """

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        source: ImageSource,
        vectorizers: Mapping[str, Vectorizer],
        batch_size: int,
    ) -> None:
        self._client, self._alias, self._source = client, alias, source
        self.vectorizers, self._batch_size = vectorizers, batch_size
        self._stores = {aspect: ImageVectorStore.create(client, alias, v) for aspect, v in vectorizers.items()}
        self._space: VectorSpace | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Pipeline:
        """Load the models and connect."""
        source = ImageSource.from_settings(settings)
        vectorizers = load_vectorizers(settings)
        return cls(connect(settings), settings.index_name, source, vectorizers, settings.batch_size)

    def vectorize(self, ids: Sequence[str]) -> Report:
        """Give products their vectors.

        Parameters
        ----------
        ids : sequence of str
            Product ids. Those already embedded in the index's vector space cost one read.

        Returns
        -------
        Report
            Each id once. A failure of one product's image touches no other, and is noted in its document.

        Raises
        ------
        SpaceError
            The index's vector space was made by other models than these settings name.
        """
        report = Report()
        for start in range(0, len(ids), self._batch_size):
            self._vectorize_batch(ids[start : start + self._batch_size], report)
        return report

    def _vectorize_batch(self, ids: Sequence[str], report: Report) -> None:
        space = self.space()
        products = self._read(ids, space, report)
        found = self._activations(list(products.values()))
        actions = []
        for product_id, product in products.items():
            primary = found[product.images[0]]
            if isinstance(primary, ImageError):
                actions.append(documents.failed(self._alias, product_id, image=product.images[0], reason=str(primary)))
                report.failed[product_id] = str(primary)
            else:
                images = [_embedded(image, found[image], space) for image in product.images]
                # A further image that can't be had is left out: it takes nothing from the others.
                usable = [image for image in images if image is not None]
                actions.append(documents.embedded(self._alias, product_id, usable, space.digest if space else None))
        self._write(actions, list(products), report, waiting=space is None)

    def space(self) -> VectorSpace | None:
        """Give the vector space of the index, or None before one is fitted."""
        name = indices.space_of(self._client, self._alias)
        if name is None:
            return None
        if self._space is None or self._space.digest != name:
            space = load_space(self._client, self._alias, name)
            own = {aspect: digest(v.manifest) for aspect, v in self.vectorizers.items()}
            if space.vectorizers != own:
                raise SpaceError(
                    f"The vectors of {self._alias} were made by {space.vectorizers}, the settings name {own}. "
                    "Set LOOK_MODEL, LOOK_LAYER and LOOK_WEIGHTS as they were, or take another INDEX_NAME."
                )
            self._space = space
        return self._space

    def _read(self, ids: Sequence[str], space: VectorSpace | None, report: Report) -> dict[str, _Product]:
        wanted = ["images", "embedding", "pictures.image", "pictures.image_digest"]
        answer = self._client.mget(index=self._alias, ids=list(dict.fromkeys(ids)), source_includes=wanted)
        products = {}
        for doc in answer["docs"]:
            source = doc.get("_source", {})
            if not source.get("images"):
                report.gone.append(doc["_id"])
                continue
            embedding = source.get("embedding", {})
            known = [embedding, *source.get("pictures", [])]
            product = _Product(
                tuple(dict.fromkeys(source["images"])),
                {k["image"]: k["image_digest"] for k in known if k.get("image") and k.get("image_digest")},
            )
            if space and embedding.get("space") == space.digest and set(product.images) <= set(product.digests):
                report.current.append(doc["_id"])
            else:
                products[doc["_id"]] = product
        return products

    def _activations(self, products: Sequence[_Product]) -> dict[str, _Embedded | ImageError]:
        """Find or make the activations of each image, by its address."""
        digests = {image: p.digests[image] for p in products for image in p.images if image in p.digests}
        stored = self._stored(list(digests.values()))
        results: dict[str, _Embedded | ImageError] = {
            image: _Embedded(d, stored[d]) for image, d in digests.items() if d in stored
        }
        missing = list(dict.fromkeys(image for p in products for image in p.images if image not in results))
        # In batches: products with dozens of images must not fill the memory.
        for start in range(0, len(missing), self._batch_size):
            results.update(self._fetch_and_embed(missing[start : start + self._batch_size]))
        return results

    def _fetch_and_embed(self, addresses: Sequence[str]) -> dict[str, _Embedded | ImageError]:
        with ThreadPoolExecutor(_FETCHERS) as threads:
            fetched = dict(zip(addresses, threads.map(self._fetch, addresses), strict=True))
        results: dict[str, _Embedded | ImageError] = {a: f for a, f in fetched.items() if isinstance(f, ImageError)}
        results.update(self._embed({a: f for a, f in fetched.items() if isinstance(f, _Fetched)}))
        return results

    def _fetch(self, address: str) -> _Fetched | ImageError:
        try:
            data = self._source.fetch(address)
            return _Fetched(images.digest(data), images.decode(data, least_side=_LEAST_SIDE))
        except ImageError as error:
            return error

    def _embed(self, fetched: Mapping[str, _Fetched]) -> dict[str, _Embedded]:
        """Run the models on images that are not in the store, each once however many products share it."""
        stored = self._stored([f.digest for f in fetched.values()])
        new = {f.digest: f.image for f in fetched.values() if f.digest not in stored}
        if new:
            made: dict[str, dict[str, Vector]] = {d: {} for d in new}
            for aspect, vectorizer in self.vectorizers.items():
                rows = dict(zip(new, vectorizer(list(new.values())), strict=True))
                self._stores[aspect].put(rows)
                for d, row in rows.items():
                    made[d][aspect] = row
            stored |= made
        return {address: _Embedded(f.digest, stored[f.digest]) for address, f in fetched.items()}

    def _stored(self, digests: Sequence[str]) -> dict[str, dict[str, Vector]]:
        """Read the activations of images that every vectorizer has seen."""
        found = {aspect: store.get(digests) for aspect, store in self._stores.items()}
        complete = set.intersection(*(set(rows) for rows in found.values()))
        return {d: {aspect: rows[d] for aspect, rows in found.items()} for d in complete}

    def _write(self, actions: list[dict[str, Any]], ids: list[str], report: Report, *, waiting: bool) -> None:
        for product_id, failure in zip(ids, bulk(self._client, actions), strict=True):
            if failure and failure.status == 404:
                report.gone.append(product_id)
            elif failure:
                report.failed[product_id] = failure.reason
                log.error("vector of %s refused: %s", product_id, failure.reason)
            elif product_id not in report.failed:
                (report.waiting if waiting else report.written).append(product_id)


@dataclass(frozen=True)
class _Product:
    images: tuple[str, ...]  # the primary one first
    digests: dict[str, str]  # by address, as far as known from an earlier embedding


@dataclass(frozen=True)
class _Fetched:
    digest: str
    image: Image.Image


@dataclass(frozen=True)
class _Embedded:
    digest: str
    activations: dict[str, Vector]


def _embedded(address: str, found: _Embedded | ImageError, space: VectorSpace | None) -> EmbeddedImage | None:
    if isinstance(found, ImageError):
        log.info("an image is left out: %s: %s", address, found)
        return None
    return EmbeddedImage(address, found.digest, space.compose(found.activations) if space else None)
