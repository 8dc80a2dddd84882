"""The Image Vector Store: raw activations, kept so that a refit of a projection touches no image and no model."""

from __future__ import annotations

from typing import Any, Literal

Numbers = Literal["float32", "bfloat16"]
ELEMENT_TYPES: dict[Numbers, str] = {"float32": "float", "bfloat16": "bfloat16"}


def mapping(vectorizer: dict[str, Any], dims: int, numbers: Numbers = "float32") -> dict[str, Any]:
    """Build the mapping of the index that keeps one vectorizer's activations, each under its image's or text's digest.

    Parameters
    ----------
    vectorizer : dict
        The vectorizer's manifest (model, layer, preprocessing, weights): kept in ``_meta`` for those who look.
    dims : int
        Length of a raw activation.
    numbers : {"float32", "bfloat16"}
        What they are kept as; bfloat16 is half of the bytes, and three significant digits.
    """
    return {
        "dynamic": "strict",
        "_meta": {"vectorizer": vectorizer},
        "properties": {
            "digest": {"type": "keyword"},  # the `_id` again, as a value to sort by
            "activation": {
                "type": "dense_vector",
                "element_type": ELEMENT_TYPES[numbers],
                "dims": dims,
                "index": False,
            },
            "stored_at": {"type": "date"},
            "unused_since": {"type": "date"},  # since when no product uses it
        },
    }


def numbers(mapping: dict[str, Any]) -> Numbers:
    """Read off an index's mapping what its activations are kept as."""
    kept = mapping["properties"]["activation"].get("element_type", "float")
    return next(name for name, element_type in ELEMENT_TYPES.items() if element_type == kept)
