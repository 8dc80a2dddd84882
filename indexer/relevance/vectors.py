"""The vectors of judged products."""

from __future__ import annotations

from collections.abc import Sequence

from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.elastic.product_index import ProductIndex


def read_vectors(index: ProductIndex, ids: Sequence[str]) -> dict[str, tuple[Vector, str]]:
    """Read the vector and the top category of products; those without a vector are left out."""
    return {
        product: (vector(source["vector"]), (source.get("category_path") or [""])[0])
        for product, source in index.products(ids).items()
        if "vector" in source
    }
