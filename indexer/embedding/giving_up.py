"""Note on products why they can't be embedded, so that nothing tries again as they are."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from indexer.catalog import documents
from indexer.elastic import write_targets
from indexer.elastic.multi_get import get_sources
from indexer.elastic.product_index import ProductIndex

log = logging.getLogger(__name__)


def failure_reason(error: Exception) -> str:
    """Return the reason for a product that an error keeps from being embedded."""
    return f"embedding it failed: {type(error).__name__}: {error}"


def mark_failed(index: ProductIndex, ids: Sequence[str], reason: str) -> None:
    """Write the reason to products, which then count as failed until they change or are retried."""
    sources = get_sources(index.client, index.name, list(ids), _source_includes="source,deleted_at")
    products = {name: source for name, source in sources.items() if "deleted_at" not in source}
    space = index.space()
    actions = [
        documents.embedded(index.alias, product_id, source["source"], None, space=space, reason=reason, failed=True)
        for product_id, source in products.items()
    ]
    for product_id, failure in zip(products, write_targets.write(index, actions), strict=True):
        if failure:
            log.error("can't be marked as failed: %s", failure.reason, extra={"product": product_id})
