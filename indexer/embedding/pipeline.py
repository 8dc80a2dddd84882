"""From product ids to vectors beside the products. The one path that the command line and the workers take."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from elasticsearch import Elasticsearch

from es_mappings.layout import Vector
from indexer.activations.image_addresses import ImageAddresses, Known
from indexer.activations.image_vector_store import ImageVectorStore
from indexer.attribution.attributor import Attributor
from indexer.elastic import indices, write_targets
from indexer.elastic.client import BulkFailure, connect
from indexer.elastic.write_targets import WriteTargets
from indexer.embedding import stored_products
from indexer.embedding.composing import Outcome, compose, shown
from indexer.embedding.image_embedder import Embedded, ImageEmbedder
from indexer.embedding.overlapping import side_by_side
from indexer.embedding.product_embedder import ProductEmbedder
from indexer.embedding.report import Report
from indexer.embedding.stored_products import Embeddable, StoredProduct
from indexer.errors import ImageError, IndexStateError, SpaceError
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.spaces.vector_space import VectorSpace, load_space
from indexer.vectorizers import Vectorizers, digests, load_vectorizers

log = logging.getLogger(__name__)

_BATCHES = 4  # side by side: one is fetched, one in the models, one written, and one in reserve


class Pipeline:
    """Embeds products: read, fetch, embed, reduce, write.

    Holds a model, so make one a process. Each index that takes writes gets vectors of its own space, as far as they
    can be made with these models; what can't be waits there for the rebuild that makes that index.
    """

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        source: ImageSource,
        vectorizers: Vectorizers,
        batch_size: int,
        recheck_hours: float = 24.0,
    ) -> None:
        self._client, self._alias = client, alias
        self.vectorizers, self.batch_size = vectorizers, batch_size
        self.decoder = source.decoder
        pictures, numbers = vectorizers.pictures, vectorizers.numbers
        store = ImageVectorStore.create(client, alias, pictures, numbers)
        self._embed_images = ImageEmbedder(source, pictures, store, batch_size)
        self._addresses = ImageAddresses(client, alias, timedelta(hours=recheck_hours))
        self._embed_products = ProductEmbedder(client, alias, vectorizers.products, numbers)
        self._attribute = Attributor(client, alias, digests(pictures))
        self._spaces: dict[str, VectorSpace] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> Pipeline:
        """Load the models and connect."""
        source = image_source(settings)
        vectorizers = load_vectorizers(settings)
        name, hours = settings.index_name, settings.image_recheck_hours
        return cls(connect(settings), name, source, vectorizers, settings.batch_size, hours)

    def vectorize(self, ids: Sequence[str], *, recheck: bool = False) -> Report:
        """Give products their vectors.

        Parameters
        ----------
        ids : sequence of str
            Product ids. Those already embedded in the index's vector space cost two reads.
        recheck : bool
            Whether servers are asked if images changed that they weren't asked about for long: a picture may be
            replaced under its address.

        Returns
        -------
        Report
            Each id once. A failure of one product's image touches no other, and is noted in its document.

        Raises
        ------
        SpaceError
            The index's vector space was made by other models than these settings name.
        """
        return self._in_batches(ids, partial(self._everywhere, recheck=recheck))

    def vectorize_in(self, index: str, ids: Sequence[str]) -> Report:
        """Give products their vectors in one of the indices that take writes, as `vectorize` does in all of them."""
        return self._in_batches(ids, partial(self._there, index=index))

    def _in_batches(self, ids: Sequence[str], vectorize: Callable[..., Report]) -> Report:
        """Work on a few batches side by side: while one goes through the models, others are fetched and written."""

        def one(batch: Sequence[str]) -> Report:
            return write_targets.until_current(self._client, self._alias, lambda found: vectorize(batch, found=found))

        batches = (ids[start : start + self.batch_size] for start in range(0, len(ids), self.batch_size))
        report = Report()
        for part in side_by_side(one, batches, _BATCHES):
            report.add(part)
        return report

    def _everywhere(self, ids: Sequence[str], *, recheck: bool, found: WriteTargets) -> Report:
        report = self._vectorize_batch(ids, found.live, found.writes[found.live], recheck=recheck)
        for index in list(found.writes)[1:]:
            try:
                self._there(ids, index=index, found=found)
            except SpaceError as error:
                log.debug("left to the rebuild of %s: %s", index, error)
        return report

    def _there(self, ids: Sequence[str], *, index: str, found: WriteTargets) -> Report:
        if index not in found.writes:
            raise IndexStateError(f"{index} takes no writes any more")
        return self._vectorize_batch(ids, index, found.writes[index])

    def _vectorize_batch(self, ids: Sequence[str], index: str, name: str, *, recheck: bool = False) -> Report:
        report, space = Report(), self.space(index)
        products, known = self._read(ids, index, space, report, recheck=recheck)
        found, own = self._embed(products, known)
        report.images = sum(isinstance(image, Embedded) for image in found.values())
        now = {a: image.digest if isinstance(image, Embedded) else None for a, image in found.items()}
        report.current.extend(i for i, product in products.items() if product.is_unchanged(now))
        products = {i: product for i, product in products.items() if not product.is_unchanged(now)}
        attributes = self._attribute({product_id: shown(product, found) for product_id, product in products.items()})
        actions = []
        for product_id, product in products.items():
            outcome = compose(product, found, own[product_id], space)
            actions.append(outcome.action(index, product_id, product.source, space, attributes.get(product_id)))
            if outcome.failed:
                report.failed[product_id] = outcome.reason or ""
                if outcome.unavailable:
                    report.unavailable.append(product_id)
        written = write_targets.write_to(self._client, name, actions)
        _note(report, dict(zip(products, written, strict=True)), waiting=space is None)
        return report

    def complete(self, ids: Sequence[str]) -> None:
        """Make and keep the activations of products' primary images that a vectorizer hasn't seen; no product changes.

        An image that can't be had any more is left out.
        """
        products, _ = stored_products.read(self._client, self._alias, ids, None)
        digests = {p.images[0]: p.digests.get(p.images[0]) for p in products.values() if p.images}
        self._embed_images(list(digests), self._addresses.known(digests, recheck=False))

    def outcomes(self, products: Mapping[str, Embeddable], space: VectorSpace | None) -> dict[str, Outcome]:
        """Make the vectors of products, in their order; they are written nowhere, their activations are kept."""
        digests = {image: p.digests.get(image) for p in products.values() for image in p.images}
        found, own = self._embed(products, self._addresses.known(digests, recheck=False))
        return {product_id: compose(p, found, own[product_id], space) for product_id, p in products.items()}

    def _embed(
        self, products: Mapping[str, Embeddable], known: Mapping[str, Known]
    ) -> tuple[dict[str, Embedded | ImageError], dict[str, dict[str, Vector]]]:
        """Return the activations of the products' images, by address, and those of their fields, by product."""
        with ThreadPoolExecutor(1) as beside:  # images wait for servers and a GPU; words needn't wait for images
            words = beside.submit(self._embed_products, {i: product.fields for i, product in products.items()})
            found = self._embed_images([i for product in products.values() for i in product.images], known)
            own = words.result()
        embedded = {a: image for a, image in found.items() if isinstance(image, Embedded)}
        self._addresses.put({a: (image.digest, image.seen) for a, image in embedded.items() if image.seen})
        return found, own

    def space(self, index: str | None = None) -> VectorSpace | None:
        """Return the vector space of an index, by default the live one; None before one is fitted.

        Raises
        ------
        SpaceError
            It was made by other models than these.
        """
        name = indices.space_of(self._client, index or self._alias)
        if name is None:
            return None
        if name not in self._spaces:
            space = load_space(self._client, self._alias, name)
            own = self.vectorizers.digests
            if not space.vectorizers.items() <= own.items():
                raise SpaceError(
                    f"The vectors of {index or self._alias} were made by {space.vectorizers}, the settings name {own}. "
                    "Set the models, layers and weights as they were, "
                    "or change over by `python -m indexer rebuild`."
                )
            self._spaces[name] = space
        return self._spaces[name]

    def _read(
        self, ids: Sequence[str], index: str, space: VectorSpace | None, report: Report, *, recheck: bool
    ) -> tuple[dict[str, StoredProduct], dict[str, Known]]:
        """Read the products that there is something to do for, and what is known of their images."""
        products, gone = stored_products.read(self._client, index, ids, space.digest if space else None)
        digests = {image: p.digests.get(image) for p in products.values() for image in p.images}
        known = self._addresses.known(digests, recheck=recheck)
        report.gone.extend(gone)
        report.current.extend(i for i, product in products.items() if product.is_current(known))
        return {i: product for i, product in products.items() if not product.is_current(known)}, known


def image_source(settings: Settings) -> ImageSource:
    """Make the source of a process that embeds, whose images a GPU may decode."""
    source = ImageSource.from_settings(settings)
    if settings.gpu_decoding:
        from indexer.images.gpu_decoder import GpuDecoder

        source.decoder = GpuDecoder(settings.image_decoders)
    return source


def _note(report: Report, outcome: Mapping[str, BulkFailure | None], *, waiting: bool) -> None:
    for product_id, failure in outcome.items():
        if failure and failure.status == 404:
            report.gone.append(product_id)
        elif failure and failure.transient:
            report.failed.pop(product_id, None)
            report.busy.append(product_id)
        elif failure:
            report.failed[product_id] = failure.reason
            log.error("vector of %s refused: %s", product_id, failure.reason)
        elif product_id not in report.failed:
            (report.waiting if waiting else report.written).append(product_id)
