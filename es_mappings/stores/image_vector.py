"""The Image Vector Store: raw activations, kept so that refitting a reduction needs neither images nor models."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from es_mappings.layout import Vector

Numbers = Literal["float32", "bfloat16"]


class Origin(NamedTuple):
    """How a process computes the activations of images.

    Not part of a vectorizer's manifest, because all ways agree to a cosine of 0.999: workers share what they store.

    Attributes
    ----------
    precision : {"float32", "float16"}
        In which the network runs.
    decoder : {"processes", "nvjpeg"}
        What decodes the images; processes decode what nvJPEG can't.
    """

    precision: str
    decoder: str


def mapping(vectorizers: Mapping[str, dict[str, Any]], numbers: Numbers = "float32") -> dict[str, Any]:
    """Build the mapping of the index of some vectorizers' activations; ``_id`` is the digest of the image or text.

    Activations are binary, in their aspect's field: they are read by id and never searched, and a ``dense_vector``
    that isn't searched takes twice the disk and twice the time to write (docs/measurements.md).

    Parameters
    ----------
    vectorizers : mapping of str to dict
        Aspect to the vectorizer's manifest (model, layer, preprocessing, weights): kept in ``_meta`` for people.
    numbers : {"float32", "bfloat16"}
        Number format; bfloat16 takes half the bytes and keeps three significant digits.
    """
    return {
        "dynamic": "strict",
        "_meta": {"vectorizers": dict(vectorizers), "numbers": numbers},
        "properties": {
            "digest": {"type": "keyword"},  # the `_id` again, as a value to sort by
            "activations": {"properties": {aspect: {"type": "binary"} for aspect in vectorizers}},
            **{name: {"type": "keyword"} for name in Origin._fields},  # of images; 0.1 stored none
            "stored_at": {"type": "date"},
            "unused_since": {"type": "date"},  # since when no product uses it
        },
    }


def numbers(mapping: Mapping[str, Any]) -> Numbers:
    """Read the number format of an index's activations from its mapping."""
    kept: Numbers = mapping["_meta"]["numbers"]
    return kept


def packed(rounded: Vector, numbers: Numbers) -> str:
    """Return an activation as it is stored: its numbers in base64, little-endian.

    bfloat16 is the upper half of a float32; the lower one of a rounded number is zero.
    """
    values = np.ascontiguousarray(rounded, "<f4")
    data = values if numbers == "float32" else (values.view("<u4") >> 16).astype("<u2")
    return base64.b64encode(data.tobytes()).decode()


def unpacked(stored: str, numbers: Numbers) -> Vector:
    """Return a stored activation, as float32."""
    data = base64.b64decode(stored)
    if numbers == "float32":
        return np.frombuffer(data, "<f4").astype(np.float32)
    return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
