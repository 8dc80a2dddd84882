"""Thumbnails: WebP pictures in the sizes that pages use, made once and cached for a while."""

from __future__ import annotations

import io
import logging
from hashlib import sha256
from typing import Any

from PIL import Image

from indexer.errors import ImageError
from indexer.images.fetching import ImageSource
from search.navigation import Navigation
from workers.errors import RedisUnavailableError
from workers.queues import keys
from workers.queues.values import ExpiringValues

log = logging.getLogger(__name__)

WIDTHS = (96, 320, 480, 960)  # pixels, at most; a thumbnail is at most twice as high
_CACHE_SECONDS = 7 * 24 * 3600
_QUALITY = 82


def version_of(product: dict[str, Any], number: int) -> str:
    """Return a short digest that identifies a picture's source: the primary image's bytes, or another's address."""
    digest = product.get("embedding", {}).get("image_digest") if number == 0 else None
    return str(digest or sha256(product["images"][number].encode()).hexdigest())[:10]


class Thumbnails:
    """Makes and caches thumbnails."""

    def __init__(self, navigation: Navigation, source: ImageSource, values: ExpiringValues) -> None:
        self._navigation, self._source, self._values = navigation, source, values

    def get(self, product_id: str, width: int, number: int, version: str) -> bytes:
        """Return a product's picture as WebP, at most ``width`` pixels wide.

        Raises
        ------
        ImageError
            There is no such product, its picture is unavailable, or thumbnails have no such width.
        """
        if width not in WIDTHS:
            raise ImageError(f"pictures are {WIDTHS} pixels wide")
        key = keys.thumbnail(product_id, number, version, width)
        try:
            if cached := self._values.get(key):
                return cached
        except RedisUnavailableError as error:
            log.warning("thumbnails are not cached: %s", error)
        product = self._navigation.product(product_id)
        if not product or not 0 <= number < len(product.get("images") or []):
            raise ImageError("there is no such picture")
        data = self._source.fetch(product["images"][number])
        thumbnail = shrink(self._source.decoder.decode(data, least_side=width // 2), width)
        if version == version_of(product, number):  # don't cache under an address that we did not write
            try:
                self._values.set(key, thumbnail, seconds=_CACHE_SECONDS)
            except RedisUnavailableError as error:
                log.warning("thumbnails are not cached: %s", error)
        return thumbnail


def shrink(image: Image.Image, width: int) -> bytes:
    """Write an image as WebP without metadata, at most ``width`` pixels wide and twice as high."""
    image.thumbnail((width, 2 * width), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=4)
    return file.getvalue()
