"""What the anchors of a request ask for: points to compare with, and what "similar, but ..." narrows it to."""

from __future__ import annotations

from dataclasses import replace

from elasticsearch import Elasticsearch

from es_mappings import facets
from es_mappings.anchors import Anchor, QueryPoints, query_points
from es_mappings.facets import Filters
from es_mappings.layout import Layout
from search.anchors import Anchors
from search.parameters import SearchParameters
from webapp.errors import ParameterError


def points_of(parameters: SearchParameters, anchors: list[Anchor], layout: Layout) -> QueryPoints | None:
    """Return what products are compared with; None where the order is another, or nothing is liked."""
    if parameters.order != "similar" or not any(a.weight > 0 for a in anchors):
        return None
    return query_points(anchors, parameters.mode, parameters.weights, layout)


def narrowed(parameters: SearchParameters, anchors: Anchors) -> Filters:
    """Narrow a listing by what "similar, but ..." means for the products that are liked."""
    filters = parameters.filters
    liked = [anchors.products[i] for i in parameters.likes if i in anchors.products]
    if "cheaper" in parameters.but:
        prices = [p["price"] for p in liked if p.get("price") is not None]
        filters = replace(filters, cheaper_than=min(prices, default=None))
    if "in_stock" in parameters.but:
        filters = replace(filters, in_stock=True)
    if "other_brand" in parameters.but:
        filters = replace(filters, not_brands=tuple(sorted({p["brand"] for p in liked if p.get("brand")})))
    return filters


def check_filters(client: Elasticsearch, alias: str, parameters: SearchParameters) -> None:
    """Tell an attribute that doesn't exist from one that has no matches; asked only when nothing was found.

    Raises
    ------
    ParameterError
        No product has such an attribute.
    """
    for name in parameters.filters.attribute_names:
        query = {"prefix": {"facets": facets.attribute_key(name, "")}}
        if not client.count(index=alias, query=query, terminate_after=1)["count"]:
            raise ParameterError("filter", f"no product has an attribute {name!r}")
