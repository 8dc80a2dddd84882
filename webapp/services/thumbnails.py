"""Thumbnails: WebP pictures of the sizes that pages use, made once and kept for a while."""

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
_KEPT_SECONDS = 7 * 24 * 3600
_QUALITY = 82


def version_of(product: dict[str, Any], number: int) -> str:
    """Return a short digest of what a picture is made from: of the primary image's bytes, of the others' addresses."""
    digest = product.get("embedding", {}).get("image_digest") if number == 0 else None
    return str(digest or sha256(product["images"][number].encode()).hexdigest())[:10]


class Thumbnails:
    """Makes thumbnails, and keeps them."""

    def __init__(self, navigation: Navigation, source: ImageSource, values: ExpiringValues) -> None:
        self._navigation, self._source, self._values = navigation, source, values

    def get(self, product_id: str, width: int, number: int, version: str) -> bytes:
        """Return a product's picture as WebP, at most ``width`` pixels wide.

        Raises
        ------
        ImageError
            There is no such product, its picture is unavailable, or thumbnails are never that wide.
        """
        if width not in WIDTHS:
            raise ImageError(f"pictures are {WIDTHS} pixels wide")
        key = keys.thumbnail(product_id, number, version, width)
        try:
            if kept := self._values.get(key):
                return kept
        except RedisUnavailableError as error:
            log.warning("thumbnails aren't kept: %s", error)
        product = self._navigation.product(product_id)
        if not product or not 0 <= number < len(product.get("images") or []):
            raise ImageError("there is no such picture")
        data = self._source.fetch(product["images"][number])
        thumbnail = shrink(self._source.decoder.decode(data, least_side=width // 2), width)
        if version == version_of(product, number):  # an address that we didn't make is served, not kept
            try:
                self._values.set(key, thumbnail, seconds=_KEPT_SECONDS)
            except RedisUnavailableError as error:
                log.warning("thumbnails aren't kept: %s", error)
        return thumbnail


def shrink(image: Image.Image, width: int) -> bytes:
    """Write an image as WebP, at most ``width`` pixels wide and twice as high. Metadata is left behind."""
    image.thumbnail((width, 2 * width), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=4)
    return file.getvalue()
