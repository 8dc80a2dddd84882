"""From the addresses of images to their raw activations, each image embedded once however many products share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from elasticsearch import Elasticsearch
from PIL import Image

from es_mappings.layout import Vector
from indexer import images
from indexer.activation_store import ActivationStore
from indexer.errors import ImageError
from indexer.images import ImageSource
from indexer.vectorizers.base import ImageVectorizer

_LEAST_SIDE = 300  # pixels: no less than any default model looks at
_FETCHERS = 8  # images fetched and decoded side by side: waiting for servers, not for cores


@dataclass(frozen=True)
class Embedded:
    """The raw activations of an image by aspect, and the digest of the bytes they were made from."""

    digest: str
    activations: dict[str, Vector]


@dataclass(frozen=True)
class _Fetched:
    digest: str
    image: Image.Image


class ImageEmbedder:
    """Embeds images through the Image Vector Store: what is kept there is read, what isn't is made and kept."""

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        source: ImageSource,
        vectorizers: Mapping[str, ImageVectorizer],
        batch_size: int,
    ) -> None:
        self._source, self._vectorizers, self._batch_size = source, vectorizers, batch_size
        self._stores = {aspect: ActivationStore.create(client, alias, "images", v) for aspect, v in vectorizers.items()}

    def __call__(self, addresses: Sequence[str], known: Mapping[str, str]) -> dict[str, Embedded | ImageError]:
        """Find or make the activations of images.

        Parameters
        ----------
        addresses : sequence of str
            Where the images are.
        known : mapping of str to str
            Address to the digest of the image that was found there before: kept activations are taken for it without
            fetching the image again.

        Returns
        -------
        dict of str to Embedded or ImageError
            Each address once; an image that can't be had takes nothing from the others.
        """
        wanted = dict.fromkeys(addresses)
        stored = self._stored([known[image] for image in wanted if image in known])
        results: dict[str, Embedded | ImageError] = {
            image: Embedded(known[image], stored[known[image]]) for image in wanted if known.get(image) in stored
        }
        missing = [image for image in wanted if image not in results]
        # In batches: products with dozens of images must not fill the memory.
        for start in range(0, len(missing), self._batch_size):
            results.update(self._fetch_and_embed(missing[start : start + self._batch_size]))
        return results

    def _fetch_and_embed(self, addresses: Sequence[str]) -> dict[str, Embedded | ImageError]:
        with ThreadPoolExecutor(_FETCHERS) as threads:
            fetched = dict(zip(addresses, threads.map(self._fetch, addresses), strict=True))
        results: dict[str, Embedded | ImageError] = {a: f for a, f in fetched.items() if isinstance(f, ImageError)}
        results.update(self._embed({a: f for a, f in fetched.items() if isinstance(f, _Fetched)}))
        return results

    def _fetch(self, address: str) -> _Fetched | ImageError:
        try:
            data = self._source.fetch(address)
            return _Fetched(images.digest(data), self._source.decoder.decode(data, least_side=_LEAST_SIDE))
        except ImageError as error:
            return error

    def _embed(self, fetched: Mapping[str, _Fetched]) -> dict[str, Embedded]:
        """Run the models on images that are not in the store, each once however many products share it."""
        stored = self._stored([f.digest for f in fetched.values()])
        new = {f.digest: f.image for f in fetched.values() if f.digest not in stored}
        if new:
            made: dict[str, dict[str, Vector]] = {d: {} for d in new}
            for aspect, vectorizer in self._vectorizers.items():
                rows = dict(zip(new, vectorizer(list(new.values())), strict=True))
                self._stores[aspect].put(rows)
                for d, row in rows.items():
                    made[d][aspect] = row
            stored |= made
        return {address: Embedded(f.digest, stored[f.digest]) for address, f in fetched.items()}

    def _stored(self, digests: Sequence[str]) -> dict[str, dict[str, Vector]]:
        """Read the activations of images that every vectorizer has seen."""
        found = {aspect: store.get(digests) for aspect, store in self._stores.items()}
        complete = set.intersection(*(set(rows) for rows in found.values()))
        return {d: {aspect: rows[d] for aspect, rows in found.items()} for d in complete}
