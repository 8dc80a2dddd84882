"""From product ids to vectors beside the products. The one path that the command line and the workers take."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch

from es_mappings.layout import Vector
from indexer import documents, indices
from indexer.documents import EmbeddedImage
from indexer.elastic import bulk, connect
from indexer.embedder import Embedded, ImageEmbedder
from indexer.errors import ImageError, SpaceError
from indexer.images import ImageSource
from indexer.product_embedder import ProductEmbedder
from indexer.settings import Settings
from indexer.spaces import VectorSpace, load_space
from indexer.vectorizers import Vectorizers, load_vectorizers
from indexer.vectorizers.base import ProductFields

log = logging.getLogger(__name__)

_FIELDS = ["title", "description", "brand", "category", "attributes"]  # what `ProductFields` reads


@dataclass
class Report:
    """What one call did, by product id."""

    written: list[str] = field(default_factory=list)  # the vector stands beside the product
    waiting: list[str] = field(default_factory=list)  # activations kept, no vector space is fitted yet
    current: list[str] = field(default_factory=list)  # nothing to do: the vector was there
    gone: list[str] = field(default_factory=list)  # the product was deleted
    failed: dict[str, str] = field(default_factory=dict)  # why; what could be had of its vector is written


class Pipeline:
    """Embeds products: read, fetch, embed, reduce, write.

    Holds a model, so make one a process. The vector space is read anew when the index's space changes.
    """

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        source: ImageSource,
        vectorizers: Vectorizers,
        batch_size: int,
    ) -> None:
        self._client, self._alias = client, alias
        self.vectorizers, self._batch_size = vectorizers, batch_size
        self._embed_images = ImageEmbedder(client, alias, source, vectorizers.images, batch_size)
        self._embed_products = ProductEmbedder(client, alias, vectorizers.products)
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
        found = self._embed_images(
            [image for product in products.values() for image in product.images],
            {image: d for product in products.values() for image, d in product.digests.items()},
        )
        own = self._embed_products({product_id: product.fields for product_id, product in products.items()})
        actions = []
        for product_id, product in products.items():
            outcome = _compose(product, found, own[product_id], space)
            actions.append(outcome.action(self._alias, product_id, product.source, space))
            if outcome.failed:
                report.failed[product_id] = outcome.reason or ""
        self._write(actions, list(products), report, waiting=space is None)

    def space(self) -> VectorSpace | None:
        """Give the vector space of the index, or None before one is fitted."""
        name = indices.space_of(self._client, self._alias)
        if name is None:
            return None
        if self._space is None or self._space.digest != name:
            space = load_space(self._client, self._alias, name)
            own = self.vectorizers.digests
            if space.vectorizers != own:
                raise SpaceError(
                    f"The vectors of {self._alias} were made by {space.vectorizers}, the settings name {own}. "
                    "Set LOOK_MODEL, LOOK_LAYER and LOOK_WEIGHTS as they were, or take another INDEX_NAME."
                )
            self._space = space
        return self._space

    def _read(self, ids: Sequence[str], space: VectorSpace | None, report: Report) -> dict[str, _Product]:
        wanted = ["images", "source", "embedding", "pictures.image", "pictures.image_digest", *_FIELDS]
        answer = self._client.mget(index=self._alias, ids=list(dict.fromkeys(ids)), source_includes=wanted)
        products = {}
        for doc in answer["docs"]:
            source = doc.get("_source", {})
            if "title" not in source:
                report.gone.append(doc["_id"])
                continue
            embedding = source.get("embedding", {})
            if space and (embedding.get("status"), embedding.get("space"), embedding.get("source")) == (
                "done", space.digest, source["source"],
            ):  # fmt: skip
                report.current.append(doc["_id"])
            else:
                products[doc["_id"]] = _product(source)
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
    fields: ProductFields
    source: str  # digest of all of it


def _product(source: Mapping[str, Any]) -> _Product:
    known = [source.get("embedding", {}), *source.get("pictures", [])]
    digests = {k["image"]: k["image_digest"] for k in known if k.get("image") and k.get("image_digest")}
    images = tuple(dict.fromkeys(source.get("images") or ()))
    return _Product(
        images, {i: d for i, d in digests.items() if i in images}, ProductFields.from_source(source), source["source"]
    )


@dataclass(frozen=True)
class _Outcome:
    """What there is to write of a product."""

    vector: Vector | None
    images: Sequence[EmbeddedImage]
    reason: str | None
    failed: bool

    def action(self, alias: str, product_id: str, source: str, space: VectorSpace | None) -> documents.Action:
        return documents.embedded(
            alias, product_id, source, self.vector, self.images,
            space=space.digest if space else None, reason=self.reason, failed=self.failed,
        )  # fmt: skip


def _compose(
    product: _Product,
    found: Mapping[str, Embedded | ImageError],
    own: Mapping[str, Vector],
    space: VectorSpace | None,
) -> _Outcome:
    """Put a product's vectors together from what could be had: an image that can't takes nothing from the rest."""
    images, faults = [], {}
    for address in product.images:
        image = found[address]
        if isinstance(image, ImageError):
            faults[address] = f"{image} ({address})" if address != product.images[0] else str(image)
        else:
            vector = space.compose({**own, **image.activations}) if space else None
            images.append(EmbeddedImage(address, image.digest, vector))
    vector = images[0].vector if images else space.compose(own) if space else None
    empty = vector is not None and not vector.any()
    reasons = [*faults.values(), *(["the product has nothing to make a vector from"] if empty and not faults else [])]
    failed = empty or (bool(product.images) and product.images[0] in faults)
    return _Outcome(None if empty else vector, images, "; ".join(reasons)[:1000] or None, failed)
