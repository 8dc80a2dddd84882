"""From the fields of products to raw activations: the same words are embedded once, however many products bear them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from elasticsearch import Elasticsearch

from es_mappings.layout import Vector
from indexer.activation_store import ActivationStore
from indexer.vectorizers.base import ProductFields, ProductVectorizer


class ProductEmbedder:
    """Embeds the fields of products; activations that cost a model are kept, and read where they are kept."""

    def __init__(self, client: Elasticsearch, alias: str, vectorizers: Mapping[str, ProductVectorizer]) -> None:
        self._vectorizers = vectorizers
        self._stores = {aspect: ActivationStore.create(client, alias, "texts", v) for aspect, v in vectorizers.items()}

    def __call__(self, products: Mapping[str, ProductFields]) -> dict[str, dict[str, Vector]]:
        """Find or make the activations of products.

        Parameters
        ----------
        products : mapping of str to ProductFields
            By product id.

        Returns
        -------
        dict of str to dict of str to ndarray
            By product id and aspect; aspects that a product has nothing for are left out.
        """
        activations: dict[str, dict[str, Vector]] = {product_id: {} for product_id in products}
        for aspect in self._vectorizers:
            for product_id, row in self._aspect(aspect, products).items():
                if row.any():
                    activations[product_id][aspect] = row
        return activations

    def _aspect(self, aspect: str, products: Mapping[str, ProductFields]) -> dict[str, Vector]:
        vectorizer, store = self._vectorizers[aspect], self._stores[aspect]
        keys = {product_id: vectorizer.kept_under(product) for product_id, product in products.items()}
        kept = store.get(sorted({key for key in keys.values() if key is not None}))
        # One product for each key that is not kept, and each product that has none.
        new = {key or product_id: products[product_id] for product_id, key in keys.items() if key not in kept}
        made = dict(zip(new, vectorizer(list(new.values())), strict=True)) if new else {}
        store.put({key: made[key] for key in set(keys.values()) if key is not None and key in made})
        rows: Mapping[str, Vector] = {**kept, **made}
        return {product_id: np.asarray(rows[key or product_id]) for product_id, key in keys.items()}
