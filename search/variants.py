"""The variants of a product: those of its style in other sizes, colours or versions."""

from __future__ import annotations

from typing import Any

from es_mappings import results
from es_mappings.variants import variants
from indexer.elastic.product_index import ProductIndex


class Variants:
    """Reads the variants of products of one index."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index

    def of(self, product: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the products of a product's style by id, itself included; only itself if its style isn't known."""
        if not product.get("style"):
            return [product]
        answer = self._index.client.search(index=self._index.alias, body=variants(product["style"]))
        others = {hit.product["id"]: hit.product for hit in results.read(answer.body).hits}
        others[product["id"]] = product  # as the page shows it, and even if it is beyond the first hundred
        return list(others.values())
