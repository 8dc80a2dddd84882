"""Vectorizers: one file an aspect, from decoded images or the fields of products to raw activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.settings import Settings
from indexer.vectorizers.base import ImageVectorizer, ProductVectorizer, digest
from indexer.vectorizers.color import ColorVectorizer


@dataclass(frozen=True)
class Vectorizers:
    """The vectorizer of each aspect: some read a product's images, some its fields."""

    images: Mapping[str, ImageVectorizer]
    products: Mapping[str, ProductVectorizer]

    @property
    def digests(self) -> dict[str, str]:
        """Aspect to the digest of its vectorizer."""
        return {aspect: digest(v.manifest) for aspect, v in {**self.images, **self.products}.items()}


def load_vectorizers(settings: Settings) -> Vectorizers:
    """Load the vectorizer of each aspect.

    Raises
    ------
    WeightsError, SettingsError
        The look model, its layer or its weights aren't there.
    """
    # torch takes seconds to import and is wanted only where images are embedded.
    from indexer.vectorizers.cnn import load_cnn

    return Vectorizers({"look": load_cnn(settings), "color": ColorVectorizer()}, {})
