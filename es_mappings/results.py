"""From Elasticsearch's answer to plain data: products, totals, facets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FacetValue:
    """One value of a facet and how many matches have it."""

    value: str
    count: int


@dataclass(frozen=True)
class Facets:
    """What can narrow a result, counted over all its matches."""

    category: list[FacetValue]  # paths
    brand: list[FacetValue]
    attributes: dict[str, list[FacetValue]]
    in_stock: int
    price: tuple[float, float] | None


@dataclass(frozen=True)
class Hit:
    """A product of a result: its fields, its score, and its place for `Page.after`."""

    product: dict[str, Any]
    score: float | None
    sort: list[Any]


@dataclass(frozen=True)
class Result:
    """One page of a result."""

    total: int
    hits: list[Hit]
    facets: Facets | None
    took_ms: int


def read(answer: Mapping[str, Any]) -> Result:
    """Read the answer to a `search_page` request."""
    hits = [Hit(h["_source"], h.get("_score"), h.get("sort", [])) for h in answer["hits"]["hits"]]
    aggregations = answer.get("aggregations")
    facets = _facets(aggregations) if aggregations else None
    return Result(answer["hits"]["total"]["value"], hits, facets, answer["took"])


def _facets(aggregations: Mapping[str, Any]) -> Facets:
    attributes: dict[str, list[FacetValue]] = {}
    for bucket in _values(aggregations["attributes"]):
        name, _, value = bucket.value.partition(":")
        attributes.setdefault(name, []).append(FacetValue(value, bucket.count))
    price = aggregations["price"]
    return Facets(
        category=_values(aggregations["category"]),
        brand=_values(aggregations["brand"]),
        attributes=attributes,
        in_stock=sum(v.count for v in _values(aggregations["in_stock"]) if v.value == "true"),
        price=(price["min"], price["max"]) if price["count"] else None,
    )


def _values(aggregation: Mapping[str, Any]) -> list[FacetValue]:
    return [FacetValue(str(b.get("key_as_string", b["key"])), b["doc_count"]) for b in aggregation["buckets"]]
