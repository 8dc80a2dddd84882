"""Preparations of an image for models. Each is a recipe of a name and a few numbers, to send to a decoder process."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.images.decoding.crop import Crop
from indexer.images.decoding.palette import Palette

Prepared = NDArray[Any]  # an image as a model expects it


class Preparation(Protocol):
    """A pure function of an upright RGB image, the same wherever it runs.

    A frozen dataclass of plain values, in this package, that `KINDS` lists. Because it runs where hostile bytes are
    decoded, only numbers of a shape known beforehand are returned; floats must be between 0 and 1.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result, whatever the image."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""

    def __hash__(self) -> int:
        """Return equal hashes for equal preparations."""

    def __call__(self, image: Image.Image) -> Prepared:
        """Prepare an image."""


KINDS: dict[str, type[Preparation]] = {kind.__name__: kind for kind in (Crop, Palette)}


class Span(NamedTuple):
    """Where the array of a preparation is in the concatenation of all."""

    start: int  # bytes
    numbers: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@lru_cache(16)
def spans(preparations: tuple[Preparation, ...]) -> tuple[Span, ...]:
    """Return where the array of each preparation is."""
    result: list[Span] = []
    start = 0
    for preparation in preparations:
        result.append(Span(start, math.prod(preparation.shape), preparation.shape, preparation.dtype))
        start += result[-1].numbers * preparation.dtype.itemsize
    return tuple(result)


def size_in_bytes(preparations: tuple[Preparation, ...]) -> int:
    """Return the bytes that preparations make of one image."""
    return sum(span.numbers * span.dtype.itemsize for span in spans(preparations))


@lru_cache(16)
def serialize(preparations: tuple[Preparation, ...]) -> bytes:
    """Write preparations as JSON, to send them to a decoder process."""
    return json.dumps([[type(p).__name__, asdict(p)] for p in preparations]).encode()  # type: ignore[call-overload]


@lru_cache(16)
def parse(recipe: bytes) -> tuple[Preparation, ...]:
    """Read the preparations that `serialize` wrote."""
    return tuple(KINDS[kind](**values) for kind, values in json.loads(recipe))


def unpack(data: bytes, preparations: tuple[Preparation, ...]) -> list[Prepared]:
    """Split the concatenated arrays of preparations."""
    return [np.frombuffer(data, s.dtype, s.numbers, s.start).reshape(s.shape) for s in spans(preparations)]
