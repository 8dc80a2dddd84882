"""The query for products whose image contradicts the catalogue, the most certain first. Pure."""

from __future__ import annotations

from typing import Any


def disputed(*, attribute: str | None = None, after: list[Any] | None = None) -> dict[str, Any]:
    """Build the search for the next disputed product.

    Parameters
    ----------
    attribute : str, optional
        Only disputes about this one.
    after : list, optional
        The ``sort`` values of the product before.
    """
    query = {"term": {"disputes": attribute}} if attribute else {"exists": {"field": "disputes"}}
    return {
        "size": 1,
        "query": query,
        # Shoppers see what is in stock, so a wrong value costs most there.
        "sort": [{"in_stock": "desc"}, {"dispute": "desc"}, {"id": "asc"}],
        "track_total_hits": True,
        "aggs": {"attributes": {"terms": {"field": "disputes", "size": 50}}},
        **({"search_after": after} if after else {}),
    }
