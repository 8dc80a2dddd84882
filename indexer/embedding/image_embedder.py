"""Turn image addresses into raw activations; an image that many products share is embedded once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from more_itertools import chunked

from indexer.activations.activation_store import Activations
from indexer.activations.image_addresses import Known
from indexer.digests import image_digest
from indexer.errors import ImageError, PlaceholderError
from indexer.images.decoding.decoding import is_cut_off
from indexer.images.decoding.preparations import Prepared
from indexer.images.fetching import ImageSource
from indexer.images.responses import Validators
from indexer.vectorizers.base import ImageModels, ImageVectorizer
from indexer.vectorizers.preprocessing import LEAST_SIDE

log = logging.getLogger(__name__)

_CUT_OFF = "the image was cut off; the rows that are there are used"
FETCHERS = max(8, 2 * (os.cpu_count() or 1))  # images fetched at a time: some wait for servers, some for cores


@dataclass(frozen=True)
class Embedded:
    """The raw activations of an image by aspect, and the digest of its bytes."""

    digest: str
    activations: Activations
    seen: Validators | None = None  # from its server's answer; None if it wasn't asked
    note: str | None = None  # what is wrong with the image, although it was embedded


@dataclass(frozen=True)
class _Fetched:
    digest: str
    prepared: list[Prepared]  # one for each model
    seen: Validators
    note: str | None = None


class Store(Protocol):
    """Stores the activations of images by digest, as `ActivationStore` does in Elasticsearch."""

    def get(self, digests: Sequence[str]) -> dict[str, Activations]:
        """Read the activations of images; missing ones are left out."""

    def put(self, activations: Mapping[str, Activations]) -> dict[str, Activations]:
        """Write the activations of images; return them as `get` will, possibly rounded."""


class ImageEmbedder:
    """Embeds images through the Image Vector Store: stored activations are read, missing ones computed and stored.

    Thread-safe. Batches of several threads overlap: while one is fetched and prepared, another goes through the
    models, and a third is written.
    """

    def __init__(
        self,
        source: ImageSource,
        vectorizers: Mapping[str, ImageVectorizer],
        store: Store,
        batch_size: int,
        placeholders: Callable[[], Set[str]] = frozenset,
    ) -> None:
        self._source, self._store, self._batch_size = source, store, batch_size
        self._placeholders = placeholders
        self._models = ImageModels(vectorizers.values())
        self._threads = ThreadPoolExecutor(FETCHERS, "images")

    def __call__(self, addresses: Sequence[str], known: Mapping[str, Known]) -> dict[str, Embedded | ImageError]:
        """Read or compute the activations of images.

        Parameters
        ----------
        addresses : sequence of str
            Of the images.
        known : mapping of str to Known
            Address to the image last fetched from it, whose stored activations are used. If it is due, its server is
            asked first whether it changed; they are used all the same if it doesn't answer.

        Returns
        -------
        dict of str to Embedded or ImageError
            Each address once; an image that fails doesn't affect the others. `PlaceholderError` for a confirmed
            placeholder.
        """
        unique = dict.fromkeys(addresses)
        stored = self._store.get([known[image].digest for image in unique if image in known])
        reusable = {
            image: Embedded(known[image].digest, stored[known[image].digest])
            for image in unique
            if image in known and known[image].digest in stored
        }
        results: dict[str, Embedded | ImageError] = {i: e for i, e in reusable.items() if not known[i].due}
        missing = [image for image in unique if image not in results]
        # In batches: products with dozens of images must not fill the memory.
        for batch in chunked(missing, self._batch_size):
            results.update(
                self._fetch_and_embed({i: (reusable[i], known[i]) if i in reusable else None for i in batch})
            )
        placeholders = self._placeholders()
        return {
            address: PlaceholderError(e.digest) if isinstance(e, Embedded) and e.digest in placeholders else e
            for address, e in results.items()
        }

    def _fetch_and_embed(self, due: Mapping[str, tuple[Embedded, Known] | None]) -> dict[str, Embedded | ImageError]:
        fetched = dict(zip(due, self._threads.map(self._fetch, due, due.values()), strict=True))
        results: dict[str, Embedded | ImageError] = {a: f for a, f in fetched.items() if not isinstance(f, _Fetched)}
        results.update(self._embed({a: f for a, f in fetched.items() if isinstance(f, _Fetched)}))
        return results

    def _fetch(self, address: str, before: tuple[Embedded, Known] | None) -> _Fetched | Embedded | ImageError:
        """Fetch an image, unless it is still the one whose activations are stored."""
        stored, validators = (before[0], before[1].validators) if before else (None, Validators())
        try:
            fetched = self._source.fetch_if_changed(address, validators)
            if stored and fetched.data is None:
                return replace(stored, seen=validators.updated(fetched.validators))
            data = fetched.data or b""
            digest = image_digest(data)
            if stored and digest == stored.digest:
                return replace(stored, seen=fetched.validators)
            prepared = self._source.decoder.prepare(data, self._models.preparations, least_side=LEAST_SIDE)
            return _Fetched(digest, prepared, fetched.validators, _CUT_OFF if is_cut_off(data) else None)
        except ImageError as error:
            if stored:
                log.warning("the stored activations of %s are used: %s", address, error)
                return stored
            return error

    def _embed(self, fetched: Mapping[str, _Fetched]) -> dict[str, Embedded | ImageError]:
        """Run the models on the images that are not in the store, once for each digest."""
        stored = self._store.get(list(dict.fromkeys(f.digest for f in fetched.values())))
        new = {f.digest: f.prepared for f in fetched.values() if f.digest not in stored}
        if new:
            computed = self._models(list(new.values()))
            rows = {d: {a: rows[i] for a, rows in computed.items()} for i, d in enumerate(new)}
            stored |= self._store.put({digest: row for digest, row in rows.items() if _is_finite(row)})
        return {
            address: Embedded(f.digest, stored[f.digest], f.seen, f.note)
            if f.digest in stored
            else ImageError("the model's activations of the image aren't finite numbers")
            for address, f in fetched.items()
        }


def _is_finite(activations: Activations) -> bool:
    return all(np.isfinite(row).all() for row in activations.values())
