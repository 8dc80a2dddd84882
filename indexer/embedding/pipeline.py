"""The pipeline from product ids to vectors in the products' documents, shared by the command line and the workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from elastic_transport import TransportError
from elasticsearch import ApiError
from more_itertools import chunked

from es_mappings.layout import Vector
from es_mappings.stores.image_vector import Origin
from indexer.activations.activation_store import ActivationStore, AspectStore
from indexer.activations.image_addresses import ImageAddresses, Known
from indexer.activations.placeholders import Placeholders
from indexer.attribution.attributor import Attributor
from indexer.elastic import write_targets
from indexer.elastic.client import BulkFailure
from indexer.elastic.product_index import ProductIndex
from indexer.elastic.write_targets import WriteTargets
from indexer.embedding import stored_products
from indexer.embedding.composing import Outcome, attribution_input, compose
from indexer.embedding.image_embedder import Embedded, ImageEmbedder
from indexer.embedding.overlapping import map_concurrently
from indexer.embedding.product_embedder import ProductEmbedder
from indexer.embedding.report import Report
from indexer.embedding.stored_products import Embeddable, StoredProduct
from indexer.errors import ImageError, IndexStateError, SpaceError
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.spaces.reduction.familiarity import Retaken
from indexer.spaces.retaking import retake
from indexer.spaces.vector_space import VectorSpace, load_space
from indexer.vectorizers import Vectorizers, digests, load_vectorizers
from indexer.vectorizers.base import ImageVectorizer

log = logging.getLogger(__name__)

_BATCHES = 4  # at a time: one is fetched, one in the models, one written, and one in reserve


class Pipeline:
    """Embeds products: read, fetch, embed, reduce, write.

    Make one per process, because it loads the models. Every index that takes writes gets vectors of its own space. If
    these models can't make them, they are left to the rebuild that builds that index.
    """

    def __init__(
        self,
        index: ProductIndex,
        source: ImageSource,
        vectorizers: Vectorizers,
        batch_size: int,
        recheck_hours: float = 24.0,
    ) -> None:
        self._index, self._source = index, source
        self.vectorizers, self.batch_size = vectorizers, batch_size
        image_vectorizers, numbers = vectorizers.all_images, vectorizers.numbers
        origin = Origin(vectorizers.precision, source.decoder.name)
        store = ActivationStore.open(index, "images", image_vectorizers, numbers, origin)
        self._placeholders = Placeholders(index)
        self._embed_images = ImageEmbedder(source, image_vectorizers, store, batch_size, self._placeholders.confirmed)
        self._addresses = ImageAddresses(index, timedelta(hours=recheck_hours))
        self._embed_products = ProductEmbedder(index, vectorizers.products, numbers)
        self._attribute = Attributor(index, digests(image_vectorizers))
        self._spaces: dict[str, VectorSpace] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> Pipeline:
        """Load the models and connect."""
        source = image_source(settings)
        vectorizers = load_vectorizers(settings)
        index, hours = ProductIndex.open(settings), settings.image_recheck_hours
        return cls(index, source, vectorizers, settings.batch_size, hours)

    def vectorize(self, ids: Sequence[str], *, recheck: bool = False) -> Report:
        """Make the vectors of products, and write them to every index that takes writes.

        Parameters
        ----------
        ids : sequence of str
            Product ids. Those already embedded in the index's vector space cost two reads.
        recheck : bool
            Whether to ask the servers of images that were last checked ``recheck_hours`` ago or earlier whether they
            changed: an image may be replaced under its address.

        Returns
        -------
        Report
            Each id once. The failure of one product's image affects no other, and is noted in its document.

        Raises
        ------
        SpaceError
            The index's vector space was made by other models than these settings name.
        """
        return self._in_batches(ids, partial(self._everywhere, recheck=recheck))

    def vectorize_in(self, name: str, ids: Sequence[str]) -> Report:
        """Make the vectors of products in one of the indices that take writes, as `vectorize` does in all of them."""
        return self._in_batches(ids, partial(self._in_one, name=name))

    def _in_batches(self, ids: Sequence[str], vectorize: Callable[..., Report]) -> Report:
        """Process a few batches at a time: while one goes through the models, others are fetched and written."""

        def one(batch: Sequence[str]) -> Report:
            return write_targets.until_current(self._index, lambda targets: vectorize(batch, targets=targets))

        report = Report()
        for part in map_concurrently(one, chunked(ids, self.batch_size), _BATCHES):
            report.add(part)
        return report

    def _everywhere(self, ids: Sequence[str], *, recheck: bool, targets: WriteTargets) -> Report:
        report = self._vectorize_batch(ids, targets.live, targets, recheck=recheck)
        for name in list(targets.writes)[1:]:
            try:
                self._in_one(ids, name=name, targets=targets)
            except SpaceError as error:
                log.debug("left to the rebuild of %s: %s", name, error)
            except (TransportError, ApiError) as error:  # what is live has its vectors
                log.warning("left to the rebuild of %s, which can't be read or written: %s", name, error)
        return report

    def _in_one(self, ids: Sequence[str], *, name: str, targets: WriteTargets) -> Report:
        if name not in targets.writes:
            raise IndexStateError(f"{name} takes no writes any more")
        return self._vectorize_batch(ids, name, targets)

    def _vectorize_batch(
        self, ids: Sequence[str], name: str, targets: WriteTargets, *, recheck: bool = False
    ) -> Report:
        index = self._index.at(name)
        report, space = Report(), self.space(index)
        products, known = self._read(ids, index, space, report, recheck=recheck)
        images, words = self._embed(products, known)
        report.images = sum(isinstance(image, Embedded) for image in images.values())
        report.current.extend(i for i, product in products.items() if product.is_unchanged(images))
        products = {i: product for i, product in products.items() if not product.is_unchanged(images)}
        attributes = self._attribute(
            {product_id: attribution_input(product, images) for product_id, product in products.items()}
        )
        actions = []
        for product_id, product in products.items():
            outcome = compose(product, images, words[product_id], space)
            actions.append(outcome.action(name, product_id, product.source, space, attributes.get(product_id)))
            if outcome.failed:
                report.failed[product_id] = outcome.reason or ""
            if outcome.unavailable:
                report.unavailable.append(product_id)
        failures = stored_products.write(index, targets.writes[name], list(products.values()), actions)
        _note(report, dict(zip(products, failures, strict=True)), waiting=space is None)
        return report

    def complete(self, ids: Sequence[str]) -> None:
        """Compute and store the missing activations of products' primary images; no product changes.

        An image that is no longer available is left out.
        """
        products, _ = stored_products.read(self._index, ids, None)
        digests = {p.images[0]: p.digests.get(p.images[0]) for p in products.values() if p.images}
        self._embed_images(list(digests), self._addresses.known(digests, recheck=False))

    def retake(self, store: AspectStore, vectorizer: ImageVectorizer) -> Retaken:
        """Take some of the shop's pictures again, as by phone, for a fit."""
        return retake(self._index, self._source, store, vectorizer)

    def outcomes(self, products: Mapping[str, Embeddable], space: VectorSpace | None) -> dict[str, Outcome]:
        """Return the vectors of products, in their order, without writing them; activations are stored."""
        digests = {image: p.digests.get(image) for p in products.values() for image in p.images}
        images, words = self._embed(products, self._addresses.known(digests, recheck=False))
        return {product_id: compose(p, images, words[product_id], space) for product_id, p in products.items()}

    def _embed(
        self, products: Mapping[str, Embeddable], known: Mapping[str, Known]
    ) -> tuple[dict[str, Embedded | ImageError], dict[str, dict[str, Vector]]]:
        """Return the activations of the products' images, by address, and those of their fields, by product."""
        with ThreadPoolExecutor(1) as thread:  # words needn't wait for images, which wait for servers and a GPU
            fields = thread.submit(self._embed_products, {i: product.fields for i, product in products.items()})
            images = self._embed_images([i for product in products.values() for i in product.images], known)
            words = fields.result()
        embedded = {a: image for a, image in images.items() if isinstance(image, Embedded)}
        self._addresses.put({a: (image.digest, image.seen) for a, image in embedded.items() if image.seen})
        return images, words

    def space(self, index: ProductIndex | None = None) -> VectorSpace | None:
        """Return the vector space of an index, by default the live one; None before one is fitted.

        Raises
        ------
        SpaceError
            It was fitted for other models than these.
        """
        index = index or self._index
        digest = index.space()
        return None if digest is None else self.space_named(digest, index)

    def space_named(self, digest: str, index: ProductIndex | None = None) -> VectorSpace:
        """Return a vector space by its digest.

        Raises
        ------
        SpaceError
            There is none, or it was fitted for other models than these.
        """
        index = index or self._index
        if digest not in self._spaces:
            space, models = load_space(index, digest), self.vectorizers.digests
            if not space.vectorizers.items() <= models.items():
                raise SpaceError(
                    f"The vectors of {index.name} were made by {space.vectorizers}, the settings name {models}. "
                    "Set the models, layers and checkpoints as they were, "
                    "or change over by `lookalike rebuild`."
                )
            self._spaces[digest] = space
        return self._spaces[digest]

    def _read(
        self, ids: Sequence[str], index: ProductIndex, space: VectorSpace | None, report: Report, *, recheck: bool
    ) -> tuple[dict[str, StoredProduct], dict[str, Known]]:
        """Read the products that are not current, and what is known of their images."""
        products, gone = stored_products.read(index, ids, space.digest if space else None)
        digests = {image: p.digests.get(image) for p in products.values() for image in p.images}
        known = self._addresses.known(digests, recheck=recheck)
        report.gone.extend(gone)
        placeholders = self._placeholders.confirmed()
        due = {i: product for i, product in products.items() if not product.is_current(known, placeholders)}
        report.current.extend(i for i in products if i not in due)
        return due, known


def image_source(settings: Settings) -> ImageSource:
    """Make the image source of a process that embeds; a GPU decodes if the settings say so."""
    source = ImageSource.from_settings(settings)
    if settings.gpu_decoding:
        from indexer.images.gpu_decoder import GpuDecoder

        source.decoder = GpuDecoder(settings.image_decoders)
    return source


def _note(report: Report, failures: Mapping[str, BulkFailure | None], *, waiting: bool) -> None:
    for product_id, failure in failures.items():
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
