"""Vectorizers turn decoded images or the fields of products into activations; one file per aspect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from es_mappings.product import ASPECT_DIMS
from es_mappings.stores.image_vector import Numbers
from indexer.digests import manifest_digest
from indexer.settings import Settings
from indexer.vectorizers.attributes import AttributesVectorizer
from indexer.vectorizers.base import ImageVectorizer, ProductVectorizer, Vectorizer
from indexer.vectorizers.color import ColorVectorizer


@dataclass(frozen=True)
class Vectorizers:
    """The vectorizer of each aspect.

    Attributes
    ----------
    images, products : mapping
        Vectorizers of images, and of product fields, for the parts of the compound vector.
    numbers : {"float32", "bfloat16"}
        Type in which new stores keep their activations.
    attribution : mapping
        Vectorizers of images that only attribution uses.
    """

    images: Mapping[str, ImageVectorizer]
    products: Mapping[str, ProductVectorizer]
    numbers: Numbers = "float32"
    attribution: Mapping[str, ImageVectorizer] = field(default_factory=dict)

    @property
    def digests(self) -> dict[str, str]:
        """Digest of each vectorizer of the compound vector, by aspect."""
        return digests({**self.images, **self.products})

    @property
    def all_images(self) -> dict[str, ImageVectorizer]:
        """All vectorizers of images; the Image Vector Store keeps their activations."""
        return {**self.images, **self.attribution}


def digests(vectorizers: Mapping[str, Vectorizer]) -> dict[str, str]:
    """Return a digest of what decides each vectorizer's activations, by aspect."""
    return {aspect: manifest_digest(v.manifest) for aspect, v in vectorizers.items()}


def load_vectorizers(settings: Settings) -> Vectorizers:
    """Load the vectorizers of the compound vector (`ASPECT_DIMS`) and of attribution.

    Raises
    ------
    CheckpointError, SettingsError
        A model, its layer or its checkpoint is missing.
    """
    # torch takes seconds to import, and only embedding needs it.
    from indexer.vectorizers.cnn import load_cnn
    from indexer.vectorizers.text import load_text

    device = "cpu" if settings.runtime in {"openvino", "onnx"} else "auto"
    products: dict[str, Callable[[], ProductVectorizer]] = {
        "text": lambda: load_text(settings.text_model, device),
        "attributes": AttributesVectorizer,
    }
    images: dict[str, ImageVectorizer] = {**load_cnn(settings), "color": ColorVectorizer()}
    return Vectorizers(
        {aspect: vectorizer for aspect, vectorizer in images.items() if aspect in ASPECT_DIMS},
        {aspect: load() for aspect, load in products.items() if aspect in ASPECT_DIMS},
        settings.keep_as,
        {"parts": images["parts"]} if "parts" in images else {},
    )
