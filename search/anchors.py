"""Anchors: the products a listing is sorted by, and their vectors."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cachetools import TTLCache
from elasticsearch import NotFoundError

from es_mappings.anchors import Anchor
from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.elastic.multi_get import get_with_vectors
from indexer.elastic.product_index import ProductIndex
from search.errors import IndexGoneError

PHOTO_TITLE = "Your photograph"

_CACHED = 20_000  # anchors: 20 MB of vectors
_CACHE_SECONDS = 30.0  # until a replaced vector is read again


@dataclass(frozen=True)
class Anchors:
    """The anchors of a request.

    Attributes
    ----------
    usable : list of Anchor
        Anchors with a vector, by which a listing can be sorted.
    products : dict
        Id to product, for the page.
    warnings : list of str
        Why the others can't be used, for the shopper.
    """

    usable: list[Anchor]
    products: dict[str, dict[str, Any]]
    warnings: list[str]


def photo_id(token: str) -> str:
    """Return a photograph's id as an anchor, or "" for no photograph. No product's id contains a space."""
    return f"photo {token}" if token else ""


def with_photo(anchors: Anchors, token: str, weight: float, photo: Vector | None) -> Anchors:
    """Add a photograph to the anchors, or a warning that it is gone."""
    if photo is None:
        warning = "Your photograph has expired: only its look was stored, for a while. Upload it again to continue."
        return replace(anchors, warnings=[*anchors.warnings, warning])
    name = photo_id(token)
    product = {"id": name, "title": PHOTO_TITLE}
    usable = [Anchor(name, photo, weight), *anchors.usable]
    return replace(anchors, usable=usable, products={name: product, **anchors.products})


class AnchorReader:
    """Reads anchors by id and caches them briefly, so that a page of results costs one search."""

    def __init__(self, index: ProductIndex) -> None:
        self._client = index.client
        self._cache: TTLCache[tuple[str, str], tuple[dict[str, Any], Vector | None]] = TTLCache(_CACHED, _CACHE_SECONDS)
        self._lock = threading.Lock()

    def read(self, index: str, weights: Mapping[str, float]) -> Anchors:
        """Read anchors by id and weight; those that don't exist or have no vector yet yield a warning.

        Parameters
        ----------
        index : str
            The index to be searched; vectors of another index may belong to another vector space.
        """
        known = self._read(index, list(weights))
        usable, products, warnings = [], {}, []
        for product_id, weight in weights.items():
            if product_id not in known:
                warnings.append(f"Product {product_id!r} no longer exists.")
                continue
            product, product_vector = known[product_id]
            products[product_id] = product
            if product_vector is None:
                warnings.append(f"{product['title']!r} hasn't been processed yet, so nothing can be sorted by it.")
            else:
                usable.append(Anchor(product_id, product_vector, weight))
        return Anchors(usable, products, warnings)

    def _read(self, index: str, ids: list[str]) -> dict[str, tuple[dict[str, Any], Vector | None]]:
        with self._lock:
            known = {i: self._cache[index, i] for i in ids if (index, i) in self._cache}
        missing = [i for i in ids if i not in known]
        try:
            sources = get_with_vectors(self._client, index, missing)
        except NotFoundError as error:
            raise IndexGoneError("The index was replaced while it was searched") from error
        for product_id, source in sources.items():
            values = source.pop("vector", None)
            known[product_id] = source, vector(values) if values is not None else None
        with self._lock:
            for product_id in missing:
                if product_id in known and known[product_id][1] is not None:
                    self._cache[index, product_id] = known[product_id]
        return known
