"""The vector of a shopper's photograph, which belongs to no product. Nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from indexer.activations.activation_store import as_stored
from indexer.errors import ImageError, IndexStateError
from indexer.vectorizers.base import ImageModels
from indexer.vectorizers.preprocessing import LEAST_SIDE

if TYPE_CHECKING:
    from es_mappings.layout import Vector
    from indexer.embedding.pipeline import Pipeline
    from indexer.images.decoder import Decoder

Box = tuple[float, float, float, float]


def embed_photo(pipeline: Pipeline, decoder: Decoder, data: bytes, box: Box | None = None) -> tuple[Vector, str]:
    """Return the compound vector of a photograph.

    Parameters
    ----------
    decoder : Decoder
        `Decoder.for_photos`.
    data : bytes
        The image file.
    box : tuple of float, optional
        The part to embed: left, top, width and height as fractions of the upright image.

    Returns
    -------
    vector : ndarray
        Shape ``(dims,)``; the aspects that a photograph lacks (text, attributes) are zero.
    space : str
        The vector space it belongs to.

    Raises
    ------
    ImageError
        It isn't a supported image, or the box lies outside it.
    IndexStateError
        No vector space is fitted yet.
    """
    space = pipeline.space()
    if space is None:
        raise IndexStateError("There is no vector space yet: fit one by `lookalike fit`")
    # A box is cut from the image at full size, so that what is in it keeps its detail.
    image = cropped(decoder.decode(data, least_side=0 if box else LEAST_SIDE), box)
    models = ImageModels(pipeline.vectorizers.images.values())
    rows = models([[preparation(image) for preparation in models.preparations]])
    # Rounded as products' are: a product's own photograph has that product's look to the bit.
    numbers = pipeline.vectorizers.numbers
    activations = {aspect: as_stored(rows[aspect][0], numbers) for aspect in pipeline.vectorizers.images}
    return space.compose(activations), space.digest


def cropped(image: Image.Image, box: Box | None) -> Image.Image:
    """Return the part of an image inside a box; all of it without one.

    Raises
    ------
    ImageError
        The box lies outside the image, or is smaller than one pixel of it.
    """
    if box is None:
        return image
    left, top, width, height = box
    slack = 1e-6  # fractions that a browser adds up may slightly exceed 1
    if not (0 <= left < left + width <= 1 + slack and 0 <= top < top + height <= 1 + slack):
        raise ImageError("the box must lie inside the image: left, top, width and height as fractions of it")
    edges = (left * image.width, top * image.height, (left + width) * image.width, (top + height) * image.height)
    x0, y0, x1, y1 = (round(edge) for edge in edges)
    if x1 <= x0 or y1 <= y0:
        raise ImageError("the box holds less than one pixel of the image")
    return image.crop((x0, y0, x1, y1))
