"""The Image Vector Store: raw activations, kept so that refitting a reduction needs neither images nor models."""

from __future__ import annotations

from typing import Any, Literal

Numbers = Literal["float32", "bfloat16"]
ELEMENT_TYPES: dict[Numbers, str] = {"float32": "float", "bfloat16": "bfloat16"}


def mapping(vectorizer: dict[str, Any], dims: int, numbers: Numbers = "float32") -> dict[str, Any]:
    """Build the mapping of the index of one vectorizer's activations; ``_id`` is the digest of the image or text.

    Parameters
    ----------
    vectorizer : dict
        The vectorizer's manifest (model, layer, preprocessing, weights): kept in ``_meta`` for people.
    dims : int
        Length of a raw activation.
    numbers : {"float32", "bfloat16"}
        Number format; bfloat16 takes half the bytes and keeps three significant digits.
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
    """Read the number format of an index's activations from its mapping."""
    stored = mapping["properties"]["activation"].get("element_type", "float")
    return next(name for name, element_type in ELEMENT_TYPES.items() if element_type == stored)
