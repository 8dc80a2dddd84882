"""Attribute predictions while products are embedded, by models that are loaded as needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache

from indexer.attribution import decisions, store
from indexer.attribution.features import Example
from indexer.attribution.model import CategoryModel
from indexer.attribution.outcome import attributed
from indexer.elastic.product_index import ProductIndex

_MODELS = 32  # kept in memory; each takes some megabytes
_FRESH = 60.0  # seconds until a newly fitted model is noticed


@dataclass(frozen=True)
class AttributionInput:
    """A product as an example, with its source and the state of its attribution."""

    example: Example
    source: str
    attribution: Mapping[str, Any]  # of the document: digests of model and source

    @property
    def category(self) -> str:
        """The category whose model predicts it."""
        return category_of(self.example.fields.category)


def category_of(category: tuple[str, ...]) -> str:
    """Return the category whose model predicts a product: the broadest one."""
    return category[0] if category else ""


class Attributor:
    """Predicts the attributes of products. Safe for threads.

    Parameters
    ----------
    vectorizers : mapping of str to str
        Aspect -> digest of its vectorizer; models that were fitted on other activations are ignored.
    """

    def __init__(self, index: ProductIndex, vectorizers: Mapping[str, str]) -> None:
        self._index, self._vectorizers = index, vectorizers
        self._digests: dict[str, str] = {}
        self._read_at = float("-inf")
        self._lock = threading.Lock()
        self._models: LRUCache[str, CategoryModel] = LRUCache(_MODELS)

    def __call__(self, products: Mapping[str, AttributionInput]) -> dict[str, dict[str, Any]]:
        """Return the fields that `attributed` makes for products.

        Products whose category has no model are left out, and so are those that this model has predicted already:
        leave-one-out predictions of its examples must not be replaced by predictions that know their labels.
        """
        with self._lock:
            return self._predicted(products)

    def _predicted(self, products: Mapping[str, AttributionInput]) -> dict[str, dict[str, Any]]:
        digests = self._current()
        due = {
            product_id: p
            for product_id, p in products.items()
            if p.category in digests
            and (p.attribution.get("model"), p.attribution.get("source")) != (digests[p.category], p.source)
        }
        known = decisions.decided(self._index, list(due))
        attributes = {}
        for category in dict.fromkeys(p.category for p in due.values()):
            members = {product_id: p for product_id, p in due.items() if p.category == category}
            model = self._model(category, digests[category])
            for (product_id, p), findings in zip(
                members.items(), model([p.example for p in members.values()]), strict=True
            ):
                attributes[product_id] = attributed(
                    p.example.fields,
                    findings,
                    model.least,
                    known.get(product_id, {}),
                    model=digests[category],
                    source=p.source,
                )
        return attributes

    def _current(self) -> dict[str, str]:
        if time.monotonic() - self._read_at > _FRESH:
            self._digests = store.digests(self._index, self._vectorizers)
            self._read_at = time.monotonic()
        return self._digests

    def _model(self, category: str, digest: str) -> CategoryModel:
        if digest not in self._models:
            self._models[digest] = store.load_model(self._index, category)
        return self._models[digest]
