"""The request for the variants of a product, which share its style. Pure."""

from __future__ import annotations

from typing import Any

from es_mappings.queries import Page, search_page

MAX_VARIANTS = 100  # of a style that a page offers


def variants(style: str) -> dict[str, Any]:
    """Build the request for the products of a style, by id."""
    query = {"bool": {"filter": [{"term": {"style": style}}]}}  # all score 0, so that the id decides
    return search_page({"query": query}, page=Page(MAX_VARIANTS), counted=False)
