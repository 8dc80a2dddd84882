"""From product ids to vectors beside the products. The one path that the command line and the workers take."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch

from indexer import documents, indices
from indexer.documents import EmbeddedImage
from indexer.elastic import bulk, connect
from indexer.embedder import Embedded, ImageEmbedder
from indexer.errors import ImageError, SpaceError
from indexer.images import ImageSource
from indexer.settings import Settings
from indexer.spaces import VectorSpace, load_space
from indexer.vectorizers import load_vectorizers
from indexer.vectorizers.base import Vectorizer, digest

log = logging.getLogger(__name__)


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
        self._client, self._alias = client, alias
        self.vectorizers, self._batch_size = vectorizers, batch_size
        self._embed = ImageEmbedder(client, alias, source, vectorizers, batch_size)
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
        found = self._embed(
            [image for product in products.values() for image in product.images],
            {image: d for product in products.values() for image, d in product.digests.items()},
        )
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


def _embedded(address: str, found: Embedded | ImageError, space: VectorSpace | None) -> EmbeddedImage | None:
    if isinstance(found, ImageError):
        log.info("an image is left out: %s: %s", address, found)
        return None
    return EmbeddedImage(address, found.digest, space.compose(found.activations) if space else None)
