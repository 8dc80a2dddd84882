"""Attribution in the workers' pass: what products show of their attributes, by models that are read as needed."""

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
_FRESH = 60.0  # seconds until a model that was fitted anew is noticed


@dataclass(frozen=True)
class Shown:
    """A product as it is embedded, and what attribution knows of it already."""

    example: Example
    source: str
    attribution: Mapping[str, Any]  # the document's own: digests of model and source

    @property
    def category(self) -> str:
        """The category whose model it belongs to."""
        return category_of(self.example.fields.category)


def category_of(category: tuple[str, ...]) -> str:
    """Return the category that a product is learnt within: the broadest one."""
    return category[0] if category else ""


class Attributor:
    """Predicts the attributes of products. Safe for threads: they take turns.

    Parameters
    ----------
    vectorizers : mapping of str to str
        Aspect to the digest of its vectorizer: models that were fitted on other activations are left aside.
    """

    def __init__(self, index: ProductIndex, vectorizers: Mapping[str, str]) -> None:
        self._index, self._vectorizers = index, vectorizers
        self._digests: dict[str, str] = {}
        self._read_at = float("-inf")
        self._turn = threading.Lock()
        self._models: LRUCache[str, CategoryModel] = LRUCache(_MODELS)

    def __call__(self, products: Mapping[str, Shown]) -> dict[str, dict[str, Any]]:
        """Return what `attributed` says of products.

        Products whose category has no model, and those that this model has seen as they are, are left out: what was
        found of an example by a fit without it must not be replaced by what the example says itself.
        """
        with self._turn:
            return self._predicted(products)

    def _predicted(self, products: Mapping[str, Shown]) -> dict[str, dict[str, Any]]:
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
