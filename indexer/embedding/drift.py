"""Find products whose vector is missing or outdated: the queue lost their event, or an image wasn't available."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from indexer.elastic.product_index import ProductIndex


def drifted(index: ProductIndex, seconds: float) -> Iterator[str]:
    """Iterate over the ids of products whose vector is missing, outdated, of another space, or due to be retried.

    Parameters
    ----------
    seconds : float
        Products that changed more recently are left to the queue.
    """
    query = _drifted(index.space(), seconds)
    for hit in index.scan({"query": query, "_source": False}, size=1_000):
        yield hit["_id"]


def _drifted(space: str | None, seconds: float) -> dict[str, Any]:
    """Build the query. Before a vector space is fitted, only products that no worker has processed are due."""
    settled = [{"range": {"updated_at": {"lt": f"now-{max(1, round(seconds))}s"}}}]
    if space is None:
        return {"bool": {"filter": settled, "must_not": [{"exists": {"field": "embedding.source"}}]}}
    due = [
        {"term": {"embedding.status": "pending"}},
        {"range": {"embedding.retry_at": {"lte": "now"}}},
        {"bool": {"must_not": [{"term": {"embedding.space": space}}]}},
    ]
    return {"bool": {"filter": settled, "should": due, "minimum_should_match": 1}}
