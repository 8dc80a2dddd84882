"""The attributes aspect: a product's attributes, brand and category as hashed tokens."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from es_mappings.layout import Vector
from indexer.settings import Settings
from indexer.vectorizers.base import ProductFields

_BUCKETS = 4096
_HASHES = 2  # buckets per token: two tokens seldom share both (hash embeddings; Svenstrup et al., NIPS 2017)

# Numbers are coded at several steps of a logarithmic axis, from 5% apart to twice as large. Token IDF decides which
# step matters in a catalogue: one at which all products are equal weighs nothing.
_STEPS = (0.05, 0.2, 0.8)
_SMALLEST = 1e-3  # smaller numbers count as about 0
_LARGEST = 1e300  # larger ones, such as the code 12e306, overflow on the axis, and count as text


class AttributesVectorizer:
    """Counts hashed tokens ``name=value``, so that new values need no new fit.

    A token's buckets depend only on its name and value. Its token IDF is fitted separately (`token_weights`).
    """

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the activations."""
        coding = {"buckets": _BUCKETS, "hashes": _HASHES, "steps": _STEPS, "smallest": _SMALLEST}
        return {"aspect": "attributes", "coding": coding, "revision": 1}

    @property
    def dims(self) -> int:
        """Buckets that tokens are hashed into."""
        return _BUCKETS

    @property
    def keeps(self) -> bool:
        """False, because counting tokens is cheap."""
        return False

    def key(self, product: ProductFields) -> str:
        """Return a digest of the tokens."""
        return hashlib.sha256(repr(sorted(tokens(product))).encode()).hexdigest()

    def __call__(self, products: Sequence[ProductFields]) -> Vector:
        """Count the tokens of products: shape ``(len(products), dims)``; each attribute has length 1."""
        rows = np.zeros((len(products), _BUCKETS), np.float32)
        for row, product in zip(rows, products, strict=True):
            for token, weight in tokens(product):
                for bucket in _buckets(token):
                    row[bucket] += weight / math.sqrt(_HASHES)
        return rows


def load(_: Settings) -> dict[str, AttributesVectorizer]:
    """Return the vectorizer of the aspect."""
    return {"attributes": AttributesVectorizer()}


def tokens(product: ProductFields) -> Iterator[tuple[str, float]]:
    """Yield a product's tokens and their weights, whose squares sum to 1 per attribute."""
    named = {"category": list(product.category), "brand": product.brand}
    fields = [*named.items(), *((f"attributes.{name}", value) for name, value in product.attributes.items())]
    for name, value in fields:
        values = value if isinstance(value, list) else [value]
        texts = [text for text in (str(v).strip().casefold() for v in values if v is not None) if text]
        number = _number(value)
        if number is not None:
            yield from _number_tokens(name, number)
        else:
            for text in texts:
                yield f"{name}={text}", 1 / math.sqrt(len(texts))


def _number(value: object) -> float | None:
    """Read a number, or a text that is one (as in CSV); a list is a choice of values, not a quantity."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) <= _LARGEST else None  # NaN isn't, either


def _number_tokens(name: str, number: float) -> Iterator[tuple[str, float]]:
    """Code a number by its two neighbours on each grid, so that near numbers share both."""
    position = math.asinh(number / _SMALLEST)
    for step in _STEPS:
        lower = math.floor(position / step)
        angle = (position / step - lower) * math.pi / 2
        for grid, share in ((lower, math.cos(angle)), (lower + 1, math.sin(angle))):
            if share > 0:
                yield f"{name}~{step}#{grid}", share / math.sqrt(len(_STEPS))


@lru_cache(100_000)
def _buckets(token: str) -> tuple[int, ...]:
    hashed = hashlib.blake2b(token.encode(), digest_size=4 * _HASHES).digest()
    return tuple(int.from_bytes(hashed[4 * i : 4 * i + 4], "big") % _BUCKETS for i in range(_HASHES))
