"""Thumbnails: AVIF and WebP pictures in the sizes that pages use, made once and cached for a while."""

from __future__ import annotations

import io
import logging
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any, Literal

from PIL import Image

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.fetching import ImageSource
from webapp.services.resilience import ResilientNavigation
from workers.errors import RedisUnavailableError
from workers.queues import keys
from workers.queues.values import ExpiringValues

log = logging.getLogger(__name__)

WIDTHS = (96, 192, 320, 480, 640, 960, 1440)  # pixels, at most; a thumbnail is at most twice as high
AT_ONCE = 2  # thumbnails that a process makes at a time
_WAIT_SECONDS = 1.0  # for a turn: a page of new pictures gets its first ones, the browser asks for the others again
_CACHE_SECONDS = 7 * 24 * 3600

Format = Literal["avif", "webp"]
# On 18 photographs and drawings 480 pixels wide, a core takes 11 ms for such an AVIF of 15.4 kB and 6 ms for such a
# WebP of 19.2 kB, both with a structural similarity (SSIM) of 0.977. AVIF at speed 8 takes 33 ms for 14.5 kB.
_OPTIONS: dict[Format, dict[str, int]] = {
    "avif": {"quality": 60, "speed": 9, "max_threads": 1},
    "webp": {"quality": 82, "method": 2},
}


def version_of(product: dict[str, Any], number: int) -> str:
    """Return a short digest that identifies a picture's source: the primary image's bytes, or another's address."""
    digest = product.get("embedding", {}).get("image_digest") if number == 0 else None
    return str(digest or sha256(product["images"][number].encode()).hexdigest())[:10]


class Thumbnails:
    """Makes and caches thumbnails."""

    def __init__(self, navigation: ResilientNavigation, source: ImageSource, values: ExpiringValues) -> None:
        self._navigation, self._source, self._values = navigation, source, values
        self._making = BoundedSemaphore(AT_ONCE)

    def get(self, product_id: str, width: int, number: int, version: str, form: Format = "webp") -> bytes:
        """Return a product's picture, at most ``width`` pixels wide.

        Parameters
        ----------
        number : int
            Which of the product's images, from 0.
        version : str
            What `version_of` returned for it; a picture of another version isn't cached.

        Raises
        ------
        ImageError
            There is no such product, its picture is unavailable, or thumbnails have no such width.
        """
        if width not in WIDTHS:
            raise ImageError(f"pictures are {WIDTHS} pixels wide")
        key = keys.thumbnail(product_id, number, version, width, form)
        try:
            if cached := self._values.get(key):
                return cached
        except RedisUnavailableError as error:
            log.warning("thumbnails are not cached: %s", error)
        product = self._navigation.product(product_id)
        if not product or not 0 <= number < len(product.get("images") or []):
            raise ImageError("there is no such picture")
        thumbnail = self._make(product["images"][number], width, form)
        if version == version_of(product, number):  # don't cache under an address that we did not write
            try:
                self._values.set(key, thumbnail, seconds=_CACHE_SECONDS)
            except RedisUnavailableError as error:
                log.warning("thumbnails are not cached: %s", error)
        return thumbnail

    def _make(self, address: str, width: int, form: Format) -> bytes:
        # The host of an image may take its time: few threads wait for it, the others serve pages meanwhile.
        if not self._making.acquire(timeout=_WAIT_SECONDS):
            raise ImageUnavailableError(f"{AT_ONCE} other pictures are being made")
        try:
            data = self._source.fetch(address)
            return shrink(self._source.decoder.decode(data, least_side=width // 2), width, form)
        finally:
            self._making.release()


def shrink(image: Image.Image, width: int, form: Format) -> bytes:
    """Write an image without metadata, at most ``width`` pixels wide and twice as high; none is enlarged."""
    image.thumbnail((width, 2 * width), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, form.upper(), **_OPTIONS[form])
    return file.getvalue()
