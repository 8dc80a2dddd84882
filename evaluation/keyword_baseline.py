"""What keywords alone find among a few products, in an index of their own."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from evaluation.shops import LocalShop
from indexer.catalog.events import Upsert
from indexer.catalog.products import Product
from indexer.elastic.loading import apply_events
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings

_DEPTH = "10"
_NO_TITLE = "Product"


def run(
    settings: Settings, products: Sequence[Product], queries: Iterable[str], without: frozenset[str]
) -> dict[str, list[str]]:
    """Search for queries as shoppers do, and return the first products of each.

    Parameters
    ----------
    without : set of str
        Aspects that the products lack: their texts, or all that isn't in their pictures.
    """
    alias = f"{settings.index_name}-keywords-{secrets.token_hex(4)}"
    index = ProductIndex.open(settings.model_copy(update={"index_name": alias}))
    index.ensure()
    try:
        apply_events(index, [Upsert(type="upsert", product=_stripped(product, without)) for product in products])
        index.refresh()
        shop = LocalShop(index)
        return {query: shop.page([("q", query), ("size", _DEPTH)]).products for query in queries}
    finally:
        for name in index.client.indices.get(index=f"{alias}*").body:
            index.client.indices.delete(index=name)


def _stripped(product: Product, without: frozenset[str]) -> Product:
    changes: dict[str, object] = {"images": []}
    if "text" in without:
        changes |= {"title": _NO_TITLE, "description": ""}
    if "attributes" in without:
        changes |= {"attributes": {}, "category": [], "brand": None}
    return product.model_copy(update=changes)
