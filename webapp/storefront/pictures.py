"""The URLs of product pictures, and the view that serves them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, request, url_for

from indexer.errors import ImageError, ImageUnavailableError
from webapp.errors import RETRY_AFTER
from webapp.services import services
from webapp.services.thumbnails import Format, version_of

log = logging.getLogger(__name__)
blueprint = Blueprint("pictures", __name__)

_PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 96 120"><rect width="96" height="120" fill="#e9e7e3"/>'
    '<g fill="none" stroke="#a8a49c" stroke-width="2"><rect x="30" y="44" width="36" height="30" rx="3"/>'
    '<circle cx="41" cy="54" r="3.5"/><path d="m31 72 11-10 8 7 7-6 9 8"/></g></svg>'
)
_MISSING = _PLACEHOLDER.format(size='width="96" height="120"')
# By its width, static/pictures.js knows that it should ask again.
BUSY = _PLACEHOLDER.format(size='width="4" height="5"')


def picture_url(product: dict[str, Any], width: int, image: str | None = None) -> str | None:
    """Return the URL of a product's picture as WebP, or None if it has none.

    The URL contains a digest of the picture's source, so that it can be cached forever.

    Parameters
    ----------
    width : int
        One of `thumbnails.WIDTHS`.
    image : str, optional
        Which of the product's images; by default the primary one.
    """
    return _address("pictures.picture", product, width, image)


def picture_sizes(product: dict[str, Any], widths: Sequence[int], image: str | None = None) -> str:
    """Return the widths of a product's picture with their URLs, as ``srcset`` writes them; the browser takes one.

    Parameters
    ----------
    widths : sequence of int
        Of `thumbnails.WIDTHS`.
    image : str, optional
        As in `picture_url`.
    """
    # They differ in the width alone, and a page has hundreds.
    before, _, after = (_address("pictures.best", product, 0, image) or "").rpartition("/0?")
    return ", ".join(f"{before}/{width}?{after} {width}w" for width in widths) if before else ""


def _address(endpoint: str, product: dict[str, Any], width: int, image: str | None) -> str | None:
    images = product.get("images") or []
    if not images:
        return None
    number = images.index(image) if image in images else 0
    return _built(request.script_root, endpoint, product["id"], width, number, version_of(product, number))


@lru_cache(50_000)
def _built(_root: str, endpoint: str, product_id: str, width: int, number: int, version: str) -> str:
    """Build the URL of a picture; it begins with the path that the shop is mounted at."""
    return url_for(endpoint, product_id=product_id, width=width, n=number or None, v=version)


@blueprint.get("/pictures/<path:product_id>/<int:width>.webp")
def picture(product_id: str, width: int) -> Response:
    """Serve a product's picture as WebP, or a placeholder."""
    return _picture(product_id, width, "webp")


@blueprint.get("/pictures/<path:product_id>/<int:width>")
def best(product_id: str, width: int) -> Response:
    """Serve a product's picture in the smallest format that the browser reads, or a placeholder."""
    # Named, not by a wildcard: browsers that read AVIF say so.
    named = any(kind == "image/avif" and quality > 0 for kind, quality in request.accept_mimetypes)
    response = _picture(product_id, width, "avif" if named else "webp")
    response.vary.add("Accept")
    return response


@blueprint.after_request
def _as_a_picture(response: Response) -> Response:
    """Return a placeholder instead of a page of a busy shop, which a browser would show as a broken picture."""
    if response.status_code == 503:
        response.set_data(BUSY)
        response.content_type = "image/svg+xml"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _picture(product_id: str, width: int, form: Format) -> Response:
    try:
        number = request.args.get("n", 0, int)
        data = services().thumbnails.get(product_id, width, number, request.args.get("v", "")[:64], form)
    except ImageUnavailableError as error:
        log.info("picture of %s: %s", product_id, error)
        return Response(status=503)
    except ImageError as error:
        log.info("picture of %s: %s", product_id, error)
        return Response(_MISSING, 404, {"Cache-Control": "max-age=60"}, content_type="image/svg+xml")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(data, headers=headers, content_type=f"image/{form}")
