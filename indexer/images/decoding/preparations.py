"""What models want of a picture, each a recipe that a decoder process can be told of: its name and a few numbers."""

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

Prepared = NDArray[Any]  # an image as a model takes it


class Preparation(Protocol):
    """A pure function of an upright RGB image, the same wherever it runs.

    A frozen dataclass of plain values, in this package, that `KINDS` names. It runs where hostile bytes were opened:
    nothing but numbers of a shape known beforehand comes back, those of floating point between 0 and 1.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what it gives, whatever the image."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""

    def __hash__(self) -> int:
        """Equal ones have equal hashes."""

    def __call__(self, image: Image.Image) -> Prepared:
        """Prepare an image."""


KINDS: dict[str, type[Preparation]] = {kind.__name__: kind for kind in (Crop, Palette)}


class Place(NamedTuple):
    """Where the array of a preparation lies among those laid one after another."""

    start: int  # bytes
    numbers: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@lru_cache(16)
def places(preparations: tuple[Preparation, ...]) -> tuple[Place, ...]:
    """Say where the arrays of preparations lie."""
    found: list[Place] = []
    start = 0
    for preparation in preparations:
        found.append(Place(start, math.prod(preparation.shape), preparation.shape, preparation.dtype))
        start += found[-1].numbers * preparation.dtype.itemsize
    return tuple(found)


def size(preparations: tuple[Preparation, ...]) -> int:
    """Count the bytes that preparations give for one image."""
    return sum(place.numbers * place.dtype.itemsize for place in places(preparations))


@lru_cache(16)
def named(preparations: tuple[Preparation, ...]) -> bytes:
    """Write preparations so that a decoder process can be told of them."""
    return json.dumps([[type(p).__name__, asdict(p)] for p in preparations]).encode()  # type: ignore[call-overload]


@lru_cache(16)
def find(names: bytes) -> tuple[Preparation, ...]:
    """Return the preparations that `named` wrote."""
    return tuple(KINDS[kind](**values) for kind, values in json.loads(names))


def unpack(data: bytes, preparations: tuple[Preparation, ...]) -> list[Prepared]:
    """Take the arrays that preparations gave apart."""
    return [np.frombuffer(data, p.dtype, p.numbers, p.start).reshape(p.shape) for p in places(preparations)]
