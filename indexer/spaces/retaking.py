"""Take some of a shop's pictures again, as a shopper's phone would; a fit learns from them how photographs differ."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from more_itertools import chunked
from PIL import Image

from es_mappings.layout import Vector
from indexer.activations.activation_store import AspectStore
from indexer.elastic.product_index import ProductIndex
from indexer.errors import ImageError
from indexer.images.fetching import ImageSource
from indexer.images.phone import as_by_phone
from indexer.spaces.reduction.familiarity import RETAKEN, Retaken
from indexer.vectorizers.base import ImageVectorizer
from indexer.vectorizers.preprocessing import LEAST_SIDE

log = logging.getLogger(__name__)

_BATCH = 32
_FAILURES = 10  # in a row, after which no more are fetched: each may have waited for a server that hangs

Retake = Callable[[AspectStore, ImageVectorizer], Retaken]
"""Takes images again, and returns their activations by a vectorizer; those of the images themselves are stored."""


def retake(
    index: ProductIndex, source: ImageSource, store: AspectStore, vectorizer: ImageVectorizer, count: int = RETAKEN
) -> Retaken:
    """Take the pictures of random products again; one that can't be fetched any more is left out.

    Where ten in a row can't be, it ends with those that it has.

    Parameters
    ----------
    store : AspectStore
        Has the activations of the pictures themselves.
    count : int
        Pictures, at most.
    """
    draw = np.random.default_rng(0)
    images: list[Vector] = []
    retaken: list[Vector] = []
    for batch in chunked(_pictures(source, _addresses(index, count)), _BATCH):
        stored = store.get([digest for digest, _ in batch])
        taken = {digest: picture for digest, picture in batch if digest in stored}
        if taken:
            images.extend(stored[digest] for digest in taken)
            retaken.extend(vectorizer([as_by_phone(picture, draw) for picture in taken.values()]))
    return Retaken(_stacked(images, vectorizer.dims), _stacked(retaken, vectorizer.dims))


def _addresses(index: ProductIndex, count: int) -> Iterator[tuple[str, str]]:
    """Yield the digests and addresses of random products' pictures, each once."""
    addresses: dict[str, str] = {}
    for product in index.random_products(count, ["embedding.image", "embedding.image_digest"]):
        embedding = product.get("embedding") or {}
        if "image" in embedding and "image_digest" in embedding:
            addresses.setdefault(embedding["image_digest"], embedding["image"])
    return iter(addresses.items())


def _pictures(source: ImageSource, addresses: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Image.Image]]:
    """Yield the digests of pictures, and the pictures that can be fetched."""
    failures = 0
    for digest, address in addresses:
        try:
            picture = source.decoder.decode(source.fetch(address), least_side=LEAST_SIDE)
        except ImageError as error:
            log.info("not taken again: %s: %s", address, error)
            failures += 1
            if failures == _FAILURES:
                log.warning("no more pictures are taken again: %d in a row could not be fetched", failures)
                return
        else:
            failures = 0
            yield digest, picture


def _stacked(rows: list[Vector], dims: int) -> Vector:
    return np.stack(rows).astype(np.float32) if rows else np.empty((0, dims), np.float32)
