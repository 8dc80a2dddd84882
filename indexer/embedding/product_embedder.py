"""Turn the fields of products into raw activations; words that many products share are embedded once."""

from __future__ import annotations

from collections.abc import Mapping

from es_mappings.layout import Vector
from es_mappings.stores.image_vector import Numbers
from indexer.activations.activation_store import ActivationStore
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import ProductFields, ProductVectorizer, blank_product
from indexer.vectorizers.probing import run_probed


class ProductEmbedder:
    """Embeds the fields of products; activations that need a model are stored, and read again from there."""

    def __init__(self, index: ProductIndex, vectorizers: Mapping[str, ProductVectorizer], numbers: Numbers) -> None:
        self._vectorizers = vectorizers
        self._stores = {
            a: ActivationStore.open(index, "texts", {a: v}, numbers) for a, v in vectorizers.items() if v.keeps
        }

    def __call__(self, products: Mapping[str, ProductFields]) -> dict[str, dict[str, Vector]]:
        """Read or compute the activations of products.

        Parameters
        ----------
        products : mapping of str to ProductFields
            By product id.

        Returns
        -------
        dict of str to dict of str to ndarray
            By product id and aspect; aspects that a product lacks are left out.
        """
        activations: dict[str, dict[str, Vector]] = {product_id: {} for product_id in products}
        for aspect, vectorizer in self._vectorizers.items():
            keys = {product_id: vectorizer.key(product) for product_id, product in products.items()}
            rows = self._rows(aspect, vectorizer, {key: products[product_id] for product_id, key in keys.items()})
            for product_id, key in keys.items():
                if rows[key].any():
                    activations[product_id][aspect] = rows[key]
        return activations

    def _rows(
        self, aspect: str, vectorizer: ProductVectorizer, products: Mapping[str, ProductFields]
    ) -> dict[str, Vector]:
        """Return an aspect's activations by their keys."""
        store = self._stores.get(aspect)
        rows = store.of(aspect).get(products) if store else {}
        new = {key: product for key, product in products.items() if key not in rows}
        if new:
            computed = dict(zip(new, run_probed(vectorizer, list(new.values()), blank_product), strict=True))
            stored = store.put({key: {aspect: row} for key, row in computed.items()}) if store else {}
            rows |= computed | {key: row[aspect] for key, row in stored.items()}
        return rows
