"""The filters of a listing, and what "similar, but ..." adds to them."""

from __future__ import annotations

from dataclasses import replace

from es_mappings.facets import Filters
from search.anchors import Anchors
from search.parameters import SearchParameters


def narrowed(parameters: SearchParameters, anchors: Anchors) -> Filters:
    """Return the filters of a listing, including what "similar, but ..." means for its likes."""
    filters = parameters.filters
    liked = [anchors.products[i] for i in parameters.likes if i in anchors.products]
    if "cheaper" in parameters.but:
        prices: dict[str | None, float] = {}  # the lowest of each currency: others aren't comparable
        for product in liked:
            if (price := product.get("price")) is not None:
                currency = product.get("currency")
                prices[currency] = min(price, prices.get(currency, price))
        filters = replace(filters, cheaper_than=tuple(prices.items()))
    if "in_stock" in parameters.but:
        filters = replace(filters, in_stock=True)
    if "other_brand" in parameters.but:
        filters = replace(filters, not_brands=tuple(sorted({p["brand"] for p in liked if p.get("brand")})))
    if anchors.exchanged:
        exchanged = dict(anchors.exchanged)  # replaces a filter: "but red" of what is filtered by blue
        others = (pair for pair in filters.attributes if pair[0] not in exchanged)
        filters = replace(filters, attributes=(*others, *anchors.exchanged))
    return filters
