"""Placeholder pictures ("no image"): proposed where unrelated products share one, and confirmed by people.

A confirmed one counts as no image: its products are compared by their words.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from threading import Lock
from typing import Any

from cachetools import TTLCache, cachedmethod
from elasticsearch import NotFoundError

from es_mappings import duplicates
from es_mappings.layout import Layout
from es_mappings.stores import placeholder
from indexer.catalog.documents import now
from indexer.elastic.client import make_index
from indexer.elastic.multi_search import multi_search
from indexer.elastic.product_index import ProductIndex

_MIN_STYLES = 3  # that share a picture across categories; within one category, products may really look the same ...
_MIN_IN_CATEGORY = 10  # ... unless they are this many
_MAX_PROPOSED = 100
_MAX_EXAMPLES = 20  # pictures of which others that look nearly the same are searched
_MAX_DECISIONS = 10_000  # decisions that are read
_SECONDS = 60.0  # until a picture is proposed that has become suspicious: finding them takes long


@dataclass(frozen=True)
class SharedPicture:
    """A picture that products of several styles share.

    Attributes
    ----------
    digest : str
        SHA-256 of its bytes.
    products, styles : int
        How many products have it as their first image, and of how many styles they are.
    categories : tuple of str
        Some of their top categories.
    example : dict
        Fields of one of them.
    """

    digest: str
    products: int
    styles: int
    categories: tuple[str, ...]
    example: dict[str, Any]


@dataclass(frozen=True)
class Decision:
    """What somebody decided about a picture.

    Attributes
    ----------
    digest : str
        SHA-256 of its bytes.
    is_placeholder : bool
    by, at : str
        Who, and when (ISO 8601).
    example : dict or None
        Fields of a product that has it; None if none has any more.
    """

    digest: str
    is_placeholder: bool
    by: str
    at: str
    example: dict[str, Any] | None


class Placeholders:
    """The decisions of one shop. Safe for threads."""

    def __init__(self, index: ProductIndex) -> None:
        self._index, self._store = index, index.store(placeholder.KIND)
        self._cache: TTLCache[object, list[SharedPicture]] = TTLCache(1, _SECONDS)
        self._lock = Lock()

    def confirmed(self) -> frozenset[str]:
        """Return the digests of the placeholders.

        Not cached: the products of a picture are embedded again as soon as somebody decides about it, once.
        """
        return frozenset(hit["_id"] for hit in self._decided() if hit["_source"]["placeholder"])

    def proposed(self) -> list[SharedPicture]:
        """Return pictures that may be placeholders and that nobody has decided about, those of most products first.

        After them come pictures of other categories that look nearly the same. All may be a minute old.
        """
        known = {hit["_id"] for hit in self._decided()}
        return [picture for picture in self._suspicious() if picture.digest not in known]

    def decided(self, size: int) -> list[Decision]:
        """Return the last decisions, the latest first."""
        hits = self._decided(size)
        examples = [
            {"query": placeholder.with_picture(h["_id"]), "size": 1, "_source": placeholder.EXAMPLE} for h in hits
        ]
        answers = multi_search(self._index.client, examples, index=self._index.name)
        return [
            Decision(
                hit["_id"],
                hit["_source"]["placeholder"],
                hit["_source"]["by"],
                hit["_source"]["at"],
                next((found["_source"] for found in answer["hits"]["hits"]), None),
            )
            for hit, answer in zip(hits, answers, strict=True)
        ]

    def decide(self, digest: str, *, is_placeholder: bool, by: str) -> list[str]:
        """Write a decision; return the ids of the products that have the picture, to be embedded again."""
        make_index(self._index.client, self._store, placeholder.mapping())
        document = {"placeholder": is_placeholder, "by": by, "at": now()}
        self._index.client.index(index=self._store, id=digest, document=document, refresh=True)
        return self._products(digest)

    def undo(self, digest: str) -> list[str]:
        """Delete a decision, if there is one; return the ids of the products, to be embedded again."""
        self._index.client.options(ignore_status=404).delete(index=self._store, id=digest, refresh=True)
        with self._lock:
            self._cache.clear()
        return self._products(digest)

    def _products(self, digest: str) -> list[str]:
        query = {"query": placeholder.with_picture(digest), "_source": False}
        return [hit["_id"] for hit in self._index.scan(query)]

    @cachedmethod(lambda self: self._cache, lock=lambda self: self._lock)
    def _suspicious(self) -> list[SharedPicture]:
        answer = self._index.search(**placeholder.shared_pictures(_MIN_STYLES, _MAX_PROPOSED))
        known = {hit["_id"] for hit in self._decided()}
        pictures = [_read(bucket) for bucket in answer["aggregations"]["pictures"]["buckets"]]
        suspicious = [p for p in pictures if _is_suspicious(p) and p.digest not in known]
        return [*suspicious, *self._nearly_the_same(suspicious[:_MAX_EXAMPLES], known)]

    def _nearly_the_same(self, pictures: Sequence[SharedPicture], known: Set[str]) -> list[SharedPicture]:
        """Return pictures of other categories that look like the given ones: the same, saved once more."""
        examples = {picture.example["id"]: picture for picture in pictures}
        vectors = self._index.vectors(list(examples))
        if not vectors:
            return []
        layout, wanted = Layout.from_meta(self._index.meta()["aspects"]), placeholder.EXAMPLE
        searches = [{**duplicates.near(i, row, layout), "_source": wanted} for i, row in vectors.items()]
        answers = multi_search(self._index.client, searches, index=self._index.name)
        alike: dict[str, SharedPicture] = {}
        for product_id, answer in zip(vectors, answers, strict=True):
            for hit in answer["hits"]["hits"]:
                source = hit["_source"]
                digest, category = source.get("embedding", {}).get("image_digest"), source.get("category_path", [""])[0]
                if digest and digest not in known and category not in examples[product_id].categories:
                    alike[digest] = SharedPicture(digest, 1, 1, (category,), source)
        return [picture for digest, picture in alike.items() if digest not in {p.digest for p in pictures}]

    def _decided(self, size: int = _MAX_DECISIONS) -> list[dict[str, Any]]:
        try:
            answer = self._index.client.search(index=self._store, size=size, sort=[{"at": "desc"}])
        except NotFoundError:  # nothing was decided yet
            return []
        return list(answer["hits"]["hits"])


def _read(bucket: dict[str, Any]) -> SharedPicture:
    return SharedPicture(
        bucket["key"],
        bucket["doc_count"],
        bucket["styles"]["value"],
        tuple(category["key"] for category in bucket["categories"]["buckets"]),
        bucket["example"]["hits"]["hits"][0]["_source"],
    )


def _is_suspicious(shared: SharedPicture) -> bool:
    return shared.styles >= (_MIN_STYLES if len(shared.categories) > 1 else _MIN_IN_CATEGORY)
