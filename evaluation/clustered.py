"""Synthetic products with clustered vectors, made from a seed, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from elasticsearch.helpers import pack_dense_vector
from numpy.typing import NDArray

from es_mappings.attributes import attribute_key
from es_mappings.layout import Layout, Vector
from es_mappings.product import LAYOUT

WORD = "dress"  # in every title, so that all products match this keyword query
PER_CLUSTER = 130  # products per cluster; each aspect is clustered independently

_COLORS = ["red", "blue", "green", "black", "white", "sage", "navy", "camel", "pink", "gold"]
_PATTERNS = ["solid", "stripes", "dots", "floral", "plaid"]
_SIZES = ["xs", "s", "m", "l", "xl", "xxl"]
_VOCABULARY = 3_000
_BRANDS, _DEPARTMENTS, _KINDS = 60, 8, 48


@dataclass(frozen=True)
class Catalogue:
    """Products by number, 0 to ``len(catalogue) - 1``.

    Attributes
    ----------
    vectors : ndarray of float32, shape (products, layout.dims)
        Compound vectors; each aspect's part is a unit vector.
    rank : ndarray of int, shape (products,)
        A random permutation. A share consists of the products whose rank is below ``share * products``.
    kinds : ndarray of int, shape (products,)
        Which of the kinds each product is; six make a department.
    seed : int
        The seed they were made from.
    """

    vectors: NDArray[np.float32]
    rank: NDArray[np.int64]
    kinds: NDArray[np.int64]
    seed: int

    def __len__(self) -> int:
        return len(self.vectors)

    def selected(self, share: float, within: str = "") -> NDArray[np.bool_]:
        """Return, for each product, whether it is in a share (0 to 1) of all, or ``within`` a department or kind."""
        if not within:
            return self.rank < size_of(share, len(self))
        return np.array([within in _paths(kind) for kind in range(_KINDS)])[self.kinds]

    def documents(self, shares: Sequence[float]) -> Iterator[dict[str, Any]]:
        """Yield every product's document, with the category of each share that it is in."""
        random = np.random.default_rng([self.seed, 2])
        frequency = 1 / np.arange(1, _VOCABULARY + 1)
        words = random.choice(_VOCABULARY, size=(len(self), 12), p=frequency / frequency.sum())
        facts = random.integers(0, 2**31, size=(len(self), 7))
        memberships = {category(share): self.selected(share) for share in shares}
        for number, vector in enumerate(self.vectors):
            categories = [name for name, members in memberships.items() if members[number]]
            paths = [*_paths(int(self.kinds[number])), *categories]
            yield _document(number, words[number].tolist(), facts[number].tolist(), paths, vector)


def clustered(products: int, *, seed: int = 7, layout: Layout = LAYOUT) -> Catalogue:
    """Return products whose vectors lie in clusters, independent for each aspect.

    Real embeddings fall into clusters and spend most of their variance on a few directions; uniform random vectors do
    neither, so neighbours among them say little about neighbours among products.
    """
    random = np.random.default_rng([seed, 1])
    vectors = np.empty((products, layout.dims), np.float32)
    clusters = max(2, products // PER_CLUSTER)
    for aspect in layout.aspects:
        centers = random.normal(size=(clusters, aspect.dims)) * np.linspace(2, 0.3, aspect.dims)
        spread = random.normal(size=(products, aspect.dims)) * np.linspace(1, 0.3, aspect.dims)
        part = centers[random.integers(0, clusters, products)] + spread
        vectors[:, aspect.part] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return Catalogue(vectors, random.permutation(products), random.integers(0, _KINDS, products), seed)


def size_of(share: float, products: int) -> int:
    """Return the number of products in a share (0 to 1)."""
    return round(share * products)


def category(share: float) -> str:
    """Return the category that marks a share (0 to 1) of all products, such as ``10%``."""
    return f"{share * 100:g}%"


def _paths(kind: int) -> list[str]:
    department = f"department {kind % _DEPARTMENTS}"
    return [department, f"{department}/kind {kind // _DEPARTMENTS}"]


def product_id(number: int) -> str:
    """Return the id of a product."""
    return f"{number:07d}"


def _document(number: int, words: list[int], facts: list[int], paths: list[str], vector: Vector) -> dict[str, Any]:
    color, pattern = _COLORS[facts[0] % len(_COLORS)], _PATTERNS[facts[1] % len(_PATTERNS)]
    attributes = {"color": color, "pattern": pattern, "size": sorted({_SIZES[f % len(_SIZES)] for f in facts[2:4]})}
    spelled = [f"w{word}" for word in words]
    return {
        "id": product_id(number),
        "title": " ".join([color, *spelled[: 1 + facts[6] % 4], WORD]),
        "description": " ".join(spelled),
        "category": paths[1].split("/"),
        "category_path": paths,
        "brand": f"brand {facts[6] % _BRANDS}",
        "price": facts[5] % 40_000 / 100,
        "currency": "EUR",
        "in_stock": facts[4] % 10 > 0,
        "attributes": attributes,
        "facets": [attribute_key(n, v) for n, vs in attributes.items() for v in (vs if isinstance(vs, list) else [vs])],
        "images": [f"https://images.example/{number}.jpg"],
        "version": 1,
        "added_at": 1_700_000_000_000 + facts[0],
        "updated_at": 1_700_000_000_000 + facts[0],
        "embedding": {"status": "done", "image": f"https://images.example/{number}.jpg", "space": "bench"},
        "vector": pack_dense_vector(vector),
    }
