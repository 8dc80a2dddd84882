"""Anchors: the products a listing is sorted by, and their vectors."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cachetools import TTLCache

from es_mappings import queries
from es_mappings.anchors import Anchor
from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.elastic.product_index import ProductIndex
from search.notices import Notice
from search.query_vectors import QueryVector
from search.snapshots import Snapshot, search_in

PHOTO_TITLE = "Your photograph"
TEXT_ID = " "  # of a text query as an anchor; no product has it

_CACHED = 20_000  # anchors: 20 MB of vectors
_CACHE_SECONDS = 30.0  # in which a shopper turns to the next page

_Entry = tuple[dict[str, Any], Vector | None] | None
"""A product with its vector; None for one that doesn't exist."""


@dataclass(frozen=True)
class Anchors:
    """The anchors of a request.

    Attributes
    ----------
    usable : list of Anchor
        Anchors with a vector, by which a listing can be sorted.
    products : dict
        Id to product, for the page.
    warnings : list of Notice
        Why the others can't be used, for the shopper.
    exchanged : tuple of pairs
        Attributes that were exchanged, each with the new value, which products must have.
    led_by : str
        The aspect that counts as much as all others together, because its part was exchanged; empty for none.
    """

    usable: list[Anchor]
    products: dict[str, dict[str, Any]]
    warnings: list[Notice]
    exchanged: tuple[tuple[str, str], ...] = ()
    led_by: str = ""


def photo_id(token: str) -> str:
    """Return a photograph's id as an anchor, or "" for no photograph. No product's id contains a space."""
    return f"photo {token}" if token else ""


def with_photo(anchors: Anchors, token: str, weight: float, photo: QueryVector | None) -> Anchors:
    """Add a photograph to the anchors, with a warning if the shop has nothing of its kind; or one that it is gone."""
    if photo is None:
        return replace(anchors, warnings=[*anchors.warnings, Notice("photo_expired")])
    name = photo_id(token)
    product = {"id": name, "title": PHOTO_TITLE}
    usable, warnings = [Anchor(name, photo.vector, weight), *anchors.usable], list(anchors.warnings)
    if photo.closeness < 1:
        warnings.append(Notice("photo_unlike"))
    return replace(anchors, usable=usable, products={name: product, **anchors.products}, warnings=warnings)


def category_of(product: Mapping[str, Any]) -> str:
    """Return the path of a product's narrowest category; empty without one, as for a photograph."""
    return str((product.get("category_path") or [""])[-1])


def with_text(anchors: Anchors, words: str, weight: float, text: QueryVector) -> Anchors:
    """Add a text query to the anchors."""
    usable = [*anchors.usable, Anchor(TEXT_ID, text.vector, weight, is_text=True)]
    return replace(anchors, usable=usable, products={**anchors.products, TEXT_ID: {"id": TEXT_ID, "title": words}})


class AnchorReader:
    """Reads anchors from the snapshot that is searched, so that all pages of a listing are sorted by the same vectors.

    They are cached briefly, so that another page of the same snapshot costs one search.
    """

    def __init__(self, index: ProductIndex) -> None:
        self._client = index.client
        self._cache: TTLCache[tuple[Snapshot, str], _Entry] = TTLCache(_CACHED, _CACHE_SECONDS)
        self._lock = threading.Lock()

    def read(self, snapshot: Snapshot, weights: Mapping[str, float], cursor: str = "") -> Anchors:
        """Read anchors by id and weight; those that don't exist or have no vector yet yield a warning.

        Parameters
        ----------
        cursor : str
            The cursor that led to the snapshot, if one did.

        Raises
        ------
        ParameterError, IndexGoneError
            The snapshot's point in time has expired, or its index was deleted (`snapshots.search_in`).
        """
        known = self._read(snapshot, list(weights), cursor)
        usable, products, warnings = [], {}, []
        for product_id, weight in weights.items():
            if (entry := known[product_id]) is None:
                warnings.append(Notice("product_gone", {"product": product_id}))
                continue
            product, product_vector = entry
            products[product_id] = product
            if product_vector is None:
                warnings.append(Notice("product_unprocessed", {"title": product["title"]}))
            else:
                department = category_of(product).partition("/")[0]
                usable.append(Anchor(product_id, product_vector, weight, department=department))
        return Anchors(usable, products, warnings)

    def _read(self, snapshot: Snapshot, ids: list[str], cursor: str) -> dict[str, _Entry]:
        with self._lock:
            known = {i: self._cache[key] for i in ids if (key := (snapshot, i)) in self._cache}
        if missing := [i for i in ids if i not in known]:
            sources = self._search(snapshot, missing, cursor)
            with self._lock:
                for product_id in missing:
                    known[product_id] = self._cache[snapshot, product_id] = sources.get(product_id)
        return known

    def _search(self, snapshot: Snapshot, ids: list[str], cursor: str) -> dict[str, _Entry]:
        sources: dict[str, _Entry] = {}
        for hit in search_in(self._client, snapshot, queries.by_ids(ids), cursor)["hits"]["hits"]:
            values = hit["_source"].pop("vector", None)
            sources[hit["_id"]] = hit["_source"], vector(values) if values is not None else None
        return sources
