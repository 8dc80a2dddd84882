"""Vectorizers: one file an aspect, from decoded images or the fields of products to raw activations."""

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
    """The vectorizer of each aspect: some read a product's images, some its fields.

    Attributes
    ----------
    images, products : mapping
        Those that the compound vector has a part for.
    numbers : {"float32", "bfloat16"}
        What a new store keeps their activations as.
    attribution : mapping
        Those that read images for attribution alone.
    """

    images: Mapping[str, ImageVectorizer]
    products: Mapping[str, ProductVectorizer]
    numbers: Numbers = "float32"
    attribution: Mapping[str, ImageVectorizer] = field(default_factory=dict)

    @property
    def digests(self) -> dict[str, str]:
        """Aspect of the compound vector to the digest of its vectorizer."""
        return digests({**self.images, **self.products})

    @property
    def pictures(self) -> dict[str, ImageVectorizer]:
        """All that is made of an image, and kept."""
        return {**self.images, **self.attribution}


def digests(vectorizers: Mapping[str, Vectorizer]) -> dict[str, str]:
    """Name vectorizers by what decides their activations: aspect to digest."""
    return {aspect: manifest_digest(v.manifest) for aspect, v in vectorizers.items()}


def load_vectorizers(settings: Settings) -> Vectorizers:
    """Load the vectorizer of each aspect that the compound vector has a part for (`ASPECT_DIMS`), or attribution reads.

    Raises
    ------
    CheckpointError, SettingsError
        A model, its layer or its weights aren't there.
    """
    # torch takes seconds to import and is wanted only where something is embedded.
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
