"""Product pictures: WebP thumbnails of the sizes the pages use, made once and kept in Redis for a while."""

from __future__ import annotations

import io
import logging
from hashlib import sha256
from typing import Any

import redis
from flask import Blueprint, Response, current_app, request, url_for
from PIL import Image

from indexer.errors import ImageError
from indexer.images.fetching import ImageSource
from search.navigation import Navigation

log = logging.getLogger(__name__)
blueprint = Blueprint("pictures", __name__)

WIDTHS = (96, 320, 480, 960)
_KEPT_SECONDS = 7 * 24 * 3600
_QUALITY = 82

_PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 120"><rect width="96" height="120" fill="#e9e7e3"/>'
    '<g fill="none" stroke="#a8a49c" stroke-width="2"><rect x="30" y="44" width="36" height="30" rx="3"/>'
    '<circle cx="41" cy="54" r="3.5"/><path d="m31 72 11-10 8 7 7-6 9 8"/></g></svg>'
)


def picture_url(product: dict[str, Any], width: int, image: str | None = None) -> str | None:
    """Return the address of a product's picture, or None if it has none.

    The address holds what the picture is made from, so that it can be cached for good.

    Parameters
    ----------
    width : int
        One of `WIDTHS`.
    image : str, optional
        Which of the product's images; by default the primary one.
    """
    images = product.get("images") or []
    if not images:
        return None
    number = images.index(image) if image in images else 0
    return url_for(
        "pictures.picture", product_id=product["id"], width=width, n=number or None, v=_version(product, number)
    )


def _version(product: dict[str, Any], number: int) -> str:
    """Name what a picture is made from: the primary image by its digest, the others by their address."""
    digest = product.get("embedding", {}).get("image_digest") if number == 0 else None
    return str(digest or sha256(product["images"][number].encode()).hexdigest())[:10]


class Pictures:
    """Makes thumbnails, and keeps them."""

    def __init__(self, search: Navigation, source: ImageSource, cache: redis.Redis) -> None:
        self._search, self._source, self._cache = search, source, cache

    def thumbnail(self, product_id: str, width: int, number: int, version: str) -> bytes:
        """Return a product's picture as WebP, at most ``width`` pixels wide.

        Raises
        ------
        ImageError
            There is no such product, or its picture can't be had.
        """
        key = f"picture:{product_id}:{number}:{version}:{width}"
        try:
            if kept := self._cache.get(key):
                return bytes(kept)  # type: ignore[arg-type]
        except redis.RedisError as error:
            log.warning("thumbnails aren't kept: %s", error)
        product = self._search.product(product_id)
        if not product or not 0 <= number < len(product.get("images") or []):
            raise ImageError("there is no such picture")
        data = self._source.fetch(product["images"][number])
        made = shrink(self._source.decoder.decode(data, least_side=width // 2), width)
        if version == _version(product, number):  # an address of somebody's making is served, not kept
            try:
                self._cache.set(key, made, ex=_KEPT_SECONDS)
            except redis.RedisError as error:
                log.warning("thumbnails aren't kept: %s", error)
        return made


def shrink(image: Image.Image, width: int) -> bytes:
    """Write an image as WebP, at most ``width`` pixels wide and twice as high. Metadata is left behind."""
    image.thumbnail((width, 2 * width), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=4)
    return file.getvalue()


@blueprint.get("/pictures/<path:product_id>/<int:width>.webp")
def picture(product_id: str, width: int) -> Response:
    """Serve a product's picture; a placeholder where there is none."""
    pictures: Pictures = current_app.extensions["pictures"]
    try:
        if width not in WIDTHS:
            raise ImageError(f"pictures are {WIDTHS} pixels wide")
        number = request.args.get("n", 0, int)
        data = pictures.thumbnail(product_id, width, number, request.args.get("v", "")[:64])
    except ImageError as error:
        log.info("picture of %s: %s", product_id, error)
        return Response(_PLACEHOLDER, 404, {"Cache-Control": "max-age=60"}, content_type="image/svg+xml")
    return Response(data, headers={"Cache-Control": "public, max-age=31536000, immutable"}, content_type="image/webp")
