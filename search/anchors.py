"""Anchors: the products a listing is sorted by, and their vectors."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol, TypeVar

from cachetools import TTLCache

from es_mappings import queries
from es_mappings.anchors import Anchor
from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.elastic.product_index import ProductIndex
from search.errors import AnchorsChangedError
from search.notices import Notice
from search.query_vectors import QueryVector
from search.snapshots import Snapshot, search_in

PHOTO_TITLE = "Your photograph"
TEXT_ID = " "  # of a text query as an anchor; no product has it

_CACHED = 20_000  # anchors: 20 MB of vectors
_CACHE_SECONDS = 30.0  # in which a shopper turns to the next page
_RECENT_SECONDS = 600.0  # in which a shopper clicks on

T_co = TypeVar("T_co", covariant=True)
Version = tuple[int, int]  # a document's sequence number and primary term: another one with each write


class _Entry(NamedTuple):
    product: dict[str, Any]
    vector: Vector | None
    version: Version


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
    kept : tuple of pairs
        Attributes that all likes share apart from those, each with their value, which products had better have.
    led_by : str
        The aspect that counts as much as all others together, because its part was exchanged; empty for none.
    unverified : mapping of str to Version
        Those read from an earlier snapshot. Whoever reads a page checks that they are of the same version still.
    """

    usable: list[Anchor]
    products: dict[str, dict[str, Any]]
    warnings: list[Notice]
    exchanged: tuple[tuple[str, str], ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    led_by: str = ""
    unverified: Mapping[str, Version] = field(default_factory=dict)


def verify(anchors: Anchors, answer: Mapping[str, Any]) -> None:
    """Compare the unverified anchors with an answer that has their versions (`queries.versions`).

    Raises
    ------
    AnchorsChangedError
        A product was written or deleted since its anchor was read.
    """
    versions = {hit["_id"]: _version(hit) for hit in answer["hits"]["hits"]}
    if any(versions.get(product_id) != version for product_id, version in anchors.unverified.items()):
        raise AnchorsChangedError


class _Read(Protocol[T_co]):
    def __call__(self, *, recent: bool) -> T_co: ...


def with_recent(read: _Read[T_co]) -> T_co:
    """Return what a function reads by anchors of earlier snapshots, or by newly read ones where those have changed."""
    try:
        return read(recent=True)
    except AnchorsChangedError:
        return read(recent=False)


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

    They are cached, so that another page costs one search, and so does another click on a listing sorted by them.
    """

    def __init__(self, index: ProductIndex) -> None:
        self._client = index.client
        self._of_snapshot: TTLCache[tuple[Snapshot, str], _Entry | None] = TTLCache(_CACHED, _CACHE_SECONDS)
        self._recent: TTLCache[tuple[str, str], _Entry] = TTLCache(_CACHED, _RECENT_SECONDS)
        self._lock = threading.Lock()

    def read(
        self, snapshot: Snapshot, weights: Mapping[str, float], cursor: str = "", *, recent: bool = False
    ) -> Anchors:
        """Read anchors by id and weight; those that don't exist or have no vector yet yield a warning.

        Parameters
        ----------
        cursor : str
            The cursor that led to the snapshot, if one did.
        recent : bool
            Whether they may be of an earlier snapshot of the index (`Anchors.unverified`).

        Raises
        ------
        ParameterError, IndexGoneError
            The snapshot's point in time has expired, or its index was deleted (`snapshots.search_in`).
        """
        known, unverified = self._read(snapshot, list(weights), cursor, recent=recent)
        usable, products, warnings = [], {}, []
        for product_id, weight in weights.items():
            if (entry := known[product_id]) is None:
                warnings.append(Notice("product_gone", {"product": product_id}))
                continue
            products[product_id] = entry.product
            if entry.vector is None:
                warnings.append(Notice("product_unprocessed", {"title": entry.product["title"]}))
            else:
                department = category_of(entry.product).partition("/")[0]
                usable.append(Anchor(product_id, entry.vector, weight, department=department))
        return Anchors(usable, products, warnings, unverified=unverified)

    def _read(
        self, snapshot: Snapshot, ids: list[str], cursor: str, *, recent: bool
    ) -> tuple[dict[str, _Entry | None], dict[str, Version]]:
        """Return an entry for each id, None for what doesn't exist, and the versions of those still to be verified."""
        with self._lock:
            known = {i: self._of_snapshot[key] for i in ids if (key := (snapshot, i)) in self._of_snapshot}
            others = [i for i in ids if i not in known] if recent else []
            earlier = {i: entry for i in others if (entry := self._recent.get((snapshot.index, i)))}
        known |= earlier
        if missing := [i for i in ids if i not in known]:
            found = self._search(snapshot, missing, cursor)
            known |= {i: found.get(i) for i in missing}
            with self._lock:
                self._of_snapshot.update({(snapshot, i): known[i] for i in missing})
                self._recent.update({(snapshot.index, i): entry for i, entry in found.items()})
        return known, {i: entry.version for i, entry in earlier.items()}

    def _search(self, snapshot: Snapshot, ids: list[str], cursor: str) -> dict[str, _Entry]:
        found = {}
        for hit in search_in(self._client, snapshot, queries.by_ids(ids), cursor)["hits"]["hits"]:
            values = hit["_source"].pop("vector", None)
            found[hit["_id"]] = _Entry(hit["_source"], vector(values) if values is not None else None, _version(hit))
        return found


def _version(hit: Mapping[str, Any]) -> Version:
    return hit["_seq_no"], hit["_primary_term"]
