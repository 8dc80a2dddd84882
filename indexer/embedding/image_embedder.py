"""From the addresses of images to their raw activations, each image embedded once however many products share it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from more_itertools import chunked

from indexer.activations.image_addresses import Known
from indexer.activations.image_vector_store import Activations
from indexer.digests import image_digest
from indexer.errors import ImageError
from indexer.images.decoding.preparations import Prepared
from indexer.images.fetching import ImageSource, Validators
from indexer.vectorizers.base import ImageModels, ImageVectorizer
from indexer.vectorizers.preprocessing import LEAST_SIDE

log = logging.getLogger(__name__)

FETCHERS = max(8, 2 * (os.cpu_count() or 1))  # images fetched side by side: some wait for servers, some for cores


@dataclass(frozen=True)
class Embedded:
    """The raw activations of an image by aspect, and the digest of the bytes they were made from."""

    digest: str
    activations: Activations
    seen: Validators | None = None  # what its server said of it; None where it wasn't asked


@dataclass(frozen=True)
class _Fetched:
    digest: str
    prepared: list[Prepared]  # one for each model
    seen: Validators


class Store(Protocol):
    """Keeps the activations of images by digest, as `ImageVectorStore` does in Elasticsearch."""

    def get(self, digests: Sequence[str]) -> dict[str, Activations]:
        """Read the activations of images; those that lack one are left out."""

    def put(self, activations: Mapping[str, Activations]) -> dict[str, Activations]:
        """Keep the activations of images; give them as `get` will, rounded perhaps."""


class ImageEmbedder:
    """Embeds images through the Image Vector Store: what is kept there is read, what isn't is made and kept.

    Thread-safe. Batches that several threads bring overlap: while one is fetched and prepared, another goes
    through the models, and a third is written.
    """

    def __init__(
        self,
        source: ImageSource,
        vectorizers: Mapping[str, ImageVectorizer],
        store: Store,
        batch_size: int,
    ) -> None:
        self._source, self._store, self._batch_size = source, store, batch_size
        self._models = ImageModels(vectorizers.values())
        self._threads = ThreadPoolExecutor(FETCHERS, "images")

    def __call__(self, addresses: Sequence[str], known: Mapping[str, Known]) -> dict[str, Embedded | ImageError]:
        """Find or make the activations of images.

        Parameters
        ----------
        addresses : sequence of str
            Where the images are.
        known : mapping of str to Known
            Address to the image that was found there before. Kept activations are taken for it; where it is due, its
            server is asked first whether it changed, and they are taken too if it can't be had.

        Returns
        -------
        dict of str to Embedded or ImageError
            Each address once; an image that can't be had takes nothing from the others.
        """
        wanted = dict.fromkeys(addresses)
        stored = self._store.get([known[image].digest for image in wanted if image in known])
        kept = {
            image: Embedded(known[image].digest, stored[known[image].digest])
            for image in wanted
            if image in known and known[image].digest in stored
        }
        results: dict[str, Embedded | ImageError] = {i: found for i, found in kept.items() if not known[i].due}
        missing = [image for image in wanted if image not in results]
        # In batches: products with dozens of images must not fill the memory.
        for batch in chunked(missing, self._batch_size):
            results.update(self._fetch_and_embed({i: (kept[i], known[i]) if i in kept else None for i in batch}))
        return results

    def _fetch_and_embed(self, wanted: Mapping[str, tuple[Embedded, Known] | None]) -> dict[str, Embedded | ImageError]:
        fetched = dict(zip(wanted, self._threads.map(self._fetch, wanted, wanted.values()), strict=True))
        results: dict[str, Embedded | ImageError] = {a: f for a, f in fetched.items() if not isinstance(f, _Fetched)}
        results.update(self._embed({a: f for a, f in fetched.items() if isinstance(f, _Fetched)}))
        return results

    def _fetch(self, address: str, before: tuple[Embedded, Known] | None) -> _Fetched | Embedded | ImageError:
        """Fetch an image, unless it is the one of which activations are kept."""
        kept, validators = (before[0], before[1].validators) if before else (None, Validators())
        try:
            fetched = self._source.fetch_if_changed(address, validators)
            if kept and fetched.data is None:
                return replace(kept, seen=validators.updated(fetched.validators))
            data = fetched.data or b""
            digest = image_digest(data)
            if kept and digest == kept.digest:
                return replace(kept, seen=fetched.validators)
            prepared = self._source.decoder.prepare(data, self._models.preparations, least_side=LEAST_SIDE)
            return _Fetched(digest, prepared, fetched.validators)
        except ImageError as error:
            if kept:
                log.warning("what is kept of %s stays: %s", address, error)
                return kept
            return error

    def _embed(self, fetched: Mapping[str, _Fetched]) -> dict[str, Embedded]:
        """Run the models on images that are not in the store, each once however many products share it."""
        stored = self._store.get(list(dict.fromkeys(f.digest for f in fetched.values())))
        new = {f.digest: f.prepared for f in fetched.values() if f.digest not in stored}
        if new:
            made = self._models(list(new.values()))
            stored |= self._store.put({d: {a: rows[i] for a, rows in made.items()} for i, d in enumerate(new)})
        return {address: Embedded(f.digest, stored[f.digest], f.seen) for address, f in fetched.items()}
