"""The URLs of product pictures, and the view that serves them."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, request, url_for

from indexer.errors import ImageError, ImageUnavailableError
from webapp.services import services
from webapp.services.thumbnails import version_of

log = logging.getLogger(__name__)
blueprint = Blueprint("pictures", __name__)

_PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 120"><rect width="96" height="120" fill="#e9e7e3"/>'
    '<g fill="none" stroke="#a8a49c" stroke-width="2"><rect x="30" y="44" width="36" height="30" rx="3"/>'
    '<circle cx="41" cy="54" r="3.5"/><path d="m31 72 11-10 8 7 7-6 9 8"/></g></svg>'
)


def picture_url(product: dict[str, Any], width: int, image: str | None = None) -> str | None:
    """Return the URL of a product's picture, or None if it has none.

    The URL contains a digest of the picture's source, so that it can be cached forever.

    Parameters
    ----------
    width : int
        One of `thumbnails.WIDTHS`.
    image : str, optional
        Which of the product's images; by default the primary one.
    """
    images = product.get("images") or []
    if not images:
        return None
    number = images.index(image) if image in images else 0
    return url_for(
        "pictures.picture", product_id=product["id"], width=width, n=number or None, v=version_of(product, number)
    )


@blueprint.get("/pictures/<path:product_id>/<int:width>.webp")
def picture(product_id: str, width: int) -> Response:
    """Serve a product's picture, or a placeholder."""
    try:
        number = request.args.get("n", 0, int)
        data = services().thumbnails.get(product_id, width, number, request.args.get("v", "")[:64])
    except ImageError as error:
        log.info("picture of %s: %s", product_id, error)
        # What is unavailable now may be there when the page is next loaded.
        kept = "no-store" if isinstance(error, ImageUnavailableError) else "max-age=60"
        return Response(_PLACEHOLDER, 404, {"Cache-Control": kept}, content_type="image/svg+xml")
    return Response(data, headers={"Cache-Control": "public, max-age=31536000, immutable"}, content_type="image/webp")
