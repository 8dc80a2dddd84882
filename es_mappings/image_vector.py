"""The Image Vector Store: raw activations, kept so that a refit of a projection touches no image and no model."""

from __future__ import annotations

from typing import Any


def mapping(vectorizer: dict[str, Any], dims: int) -> dict[str, Any]:
    """Build the mapping of the index that keeps one vectorizer's activations, each under its image's or text's digest.

    Parameters
    ----------
    vectorizer : dict
        The vectorizer's manifest (model, layer, preprocessing, weights): kept in ``_meta`` for those who look.
    dims : int
        Length of a raw activation.
    """
    return {
        "dynamic": "strict",
        "_meta": {"vectorizer": vectorizer},
        "properties": {
            "digest": {"type": "keyword"},  # the `_id` again, as a value to sort by
            "activation": {"type": "dense_vector", "dims": dims, "index": False},
            "stored_at": {"type": "date"},
            "unused_since": {"type": "date"},  # since when no product uses it
        },
    }
