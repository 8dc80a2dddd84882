"""From the fields of products to raw activations: the same words are embedded once, however many products bear them."""

from __future__ import annotations

from collections.abc import Mapping

from es_mappings.layout import Vector
from es_mappings.stores.image_vector import Numbers
from indexer.activations.activation_store import ActivationStore
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import ProductFields, ProductVectorizer


class ProductEmbedder:
    """Embeds the fields of products; activations that cost a model are kept, and read where they are kept."""

    def __init__(self, index: ProductIndex, vectorizers: Mapping[str, ProductVectorizer], numbers: Numbers) -> None:
        self._vectorizers = vectorizers
        self._stores = {
            aspect: ActivationStore.open(index, "texts", v, numbers) for aspect, v in vectorizers.items() if v.keeps
        }

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
        for aspect, vectorizer in self._vectorizers.items():
            names = {product_id: vectorizer.key(product) for product_id, product in products.items()}
            rows = self._rows(aspect, vectorizer, {name: products[product_id] for product_id, name in names.items()})
            for product_id, name in names.items():
                if rows[name].any():
                    activations[product_id][aspect] = rows[name]
        return activations

    def _rows(
        self, aspect: str, vectorizer: ProductVectorizer, products: Mapping[str, ProductFields]
    ) -> dict[str, Vector]:
        """Return an aspect's activations by the name that they are kept under."""
        store = self._stores.get(aspect)
        rows = store.get(list(products)) if store else {}
        new = {name: product for name, product in products.items() if name not in rows}
        if new:
            made = dict(zip(new, vectorizer(list(new.values())), strict=True))
            rows |= store.put(made) if store else made
        return rows
