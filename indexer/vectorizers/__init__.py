"""Vectorizers: one file an aspect, from decoded images to raw activations."""

from __future__ import annotations

from indexer.settings import Settings
from indexer.vectorizers.base import Vectorizer
from indexer.vectorizers.color import ColorVectorizer


def load_vectorizers(settings: Settings) -> dict[str, Vectorizer]:
    """Load the vectorizer of each aspect: ``{"look": ..., "color": ...}``.

    Raises
    ------
    WeightsError, SettingsError
        The look model, its layer or its weights aren't there.
    """
    # torch takes seconds to import and is wanted only where images are embedded.
    from indexer.vectorizers.cnn import load_cnn

    return {"look": load_cnn(settings), "color": ColorVectorizer()}
