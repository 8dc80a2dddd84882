"""The request of one page of the sitemap: the hash of an id says which page it is on, so none depends on another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PER_PAGE = 5_000  # products on average; a page may have 50,000 addresses (sitemaps.org), and a request as many buckets
_MOST = 10_000


def sitemap_page(number: int, pages: int) -> dict[str, Any]:
    """Build the request for the ids of a page, from 0."""
    terms = {"field": "id", "size": _MOST, "include": {"partition": number, "num_partitions": pages}}
    return {"size": 0, "track_total_hits": False, "aggs": {"ids": {"terms": terms}}}


def pages_of(products: int) -> int:
    """Return how many pages a number of products takes."""
    return max(1, -(-products // PER_PAGE))


def read_ids(answer: Mapping[str, Any]) -> list[str]:
    """Read the ids of a page, in a fixed order."""
    return sorted(bucket["key"] for bucket in answer["aggregations"]["ids"]["buckets"])
