"""The vectors of a shopper's photograph and of its regions, which belong to no product. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from PIL import Image

from indexer.activations.activation_store import as_stored
from indexer.errors import ImageError, IndexStateError
from indexer.spaces.reduction.familiarity import closeness
from indexer.spaces.vector_space import LOOK
from indexer.vectorizers.base import ImageModels
from indexer.vectorizers.preprocessing import LEAST_SIDE

if TYPE_CHECKING:
    from es_mappings.layout import Vector
    from indexer.embedding.pipeline import Pipeline
    from indexer.images.decoder import Decoder

Box = tuple[float, float, float, float]

# Around a part, on each side, as a share of it: a catalogue's pictures show some ground around a product, and what the
# network makes of one depends on how much of the picture it fills (docs/measurements.md).
_CONTEXT = 0.2


class EmbeddedPart(NamedTuple):
    """A photograph, or a part of it, in the vector space.

    Attributes
    ----------
    box : tuple of float or None
        The part: left, top, width and height as fractions of the photograph; None for all of it.
    vector : ndarray
        Shape ``(dims,)``; the aspects that a photograph lacks (text, attributes) are zero.
    closeness : float
        How close it is to the catalogue's images: 1 for one of a kind that it has (`familiarity.closeness`).
    """

    box: Box | None
    vector: Vector
    closeness: float


class FindRegions(Protocol):
    """Finds what a photograph shows."""

    def __call__(self, image: Image.Image) -> Sequence[Box]:
        """Return the parts of an upright RGB image that may be products, the clearest first."""


def embed_photo(
    pipeline: Pipeline, decoder: Decoder, data: bytes, box: Box | None = None, find: FindRegions = lambda _: ()
) -> tuple[str, list[EmbeddedPart]]:
    """Return the compound vectors of a photograph and of its regions.

    Parameters
    ----------
    decoder : Decoder
        `Decoder.for_photos`.
    data : bytes
        The image file.
    box : tuple of float, optional
        The part to embed, with some of what is around it: left, top, width and height as fractions of the upright
        image. No regions of it are sought.
    find : callable, optional
        Finds regions.

    Returns
    -------
    space : str
        The vector space they belong to.
    parts : list of EmbeddedPart
        The whole, or the box, then its regions, the clearest first.

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
    image = cropped(decoder.decode(data, least_side=0 if box else LEAST_SIDE), box, _CONTEXT)
    boxes: list[Box | None] = [None, *(() if box else find(image))]
    images = [cropped(image, part, _CONTEXT) for part in boxes]
    models = ImageModels(pipeline.vectorizers.images.values())
    rows = models([[preparation(part) for preparation in models.preparations] for part in images])
    numbers, aspects = pipeline.vectorizers.numbers, list(pipeline.vectorizers.images)
    # Rounded as products' are: a product's own photograph has that product's look to the bit.
    activations = [{aspect: as_stored(rows[aspect][n], numbers) for aspect in aspects} for n in range(len(boxes))]
    look = space.reductions.get(LOOK)
    return space.digest, [
        EmbeddedPart(part, space.compose(row), closeness(look, row[LOOK]) if look and LOOK in row else 1.0)
        for part, row in zip(boxes, activations, strict=True)
    ]


def cropped(image: Image.Image, box: Box | None, context: float = 0.0) -> Image.Image:
    """Return the part of an image inside a box; all of it without one.

    Parameters
    ----------
    context : float
        Share of the box's width and height that is added on each side, as far as the image reaches.

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
    x0, x1 = _edges(left, width, image.width, context)
    y0, y1 = _edges(top, height, image.height, context)
    if x1 <= x0 or y1 <= y0:
        raise ImageError("the box holds less than one pixel of the image")
    return image.crop((x0, y0, x1, y1))


def _edges(start: float, size: float, pixels: int, context: float) -> tuple[int, int]:
    first, last = start - context * size, start + (1 + context) * size
    return round(max(0.0, first) * pixels), round(min(1.0, last) * pixels)


def read_box(value: object) -> Box | None:
    """Read a box that was written as JSON; None if it is something else."""
    if not isinstance(value, list | tuple) or len(value) != 4:
        return None
    if not all(isinstance(edge, int | float) and 0 <= edge <= 1 for edge in value):
        return None
    left, top, width, height = map(float, value)
    return left, top, width, height
