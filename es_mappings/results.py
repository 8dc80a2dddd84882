"""From Elasticsearch's answer to plain data: products, totals, facets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from es_mappings.facets import STYLES, unfiltered


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
    """A product of a result: its fields, its score, its place for `Page.after`, and its vector if it was asked for."""

    product: dict[str, Any]
    score: float | None
    sort: list[Any]
    vector: list[float] | None = None
    image: str | None = None  # the most similar of several images, where all of them were compared


@dataclass(frozen=True)
class Result:
    """One page of a result."""

    total: int
    hits: list[Hit]
    facets: Facets | None
    took_ms: int
    point_in_time: str | None = None


def read(answer: Mapping[str, Any]) -> Result:
    """Read the answer to a `search_page` request."""
    hits = [
        Hit(h["_source"], h.get("_score"), h.get("sort", []), h.get("fields", {}).get("vector"), _best_image(h))
        for h in answer["hits"]["hits"]
    ]
    aggregations = answer.get("aggregations")
    facets = _facets(aggregations) if aggregations else None
    total = answer["hits"]["total"]["value"]
    if aggregations and STYLES in aggregations:
        total = aggregations[STYLES]["value"]
    return Result(total, hits, facets, answer["took"], answer.get("pit_id"))


def _best_image(hit: Mapping[str, Any]) -> str | None:
    pictures = hit.get("inner_hits", {}).get("pictures", {}).get("hits", {}).get("hits", [])
    return str(pictures[0]["_source"]["image"]) if pictures else None


def _facets(aggregations: Mapping[str, Any]) -> Facets:
    free = unfiltered(dict(aggregations))  # of facets that are filtered by: their counts without their own filter
    attributes = _attributes(aggregations["attributes"])
    for facet, counts in free.items():
        attributes |= _attributes(counts) if facet.startswith("attribute:") else {}
    price = free.get("price", aggregations["price"])
    in_stock = free.get("in_stock", aggregations["in_stock"])
    return Facets(
        category=_values(aggregations["category"]),
        brand=_values(free.get("brand", aggregations["brand"])),
        attributes=attributes,
        in_stock=sum(v.count for v in _values(in_stock) if v.value == "true"),
        price=(price["min"], price["max"]) if price["count"] else None,
    )


def _attributes(aggregation: Mapping[str, Any]) -> dict[str, list[FacetValue]]:
    attributes: dict[str, list[FacetValue]] = {}
    for pair in _values(aggregation):
        name, _, value = pair.value.partition(":")
        attributes.setdefault(name, []).append(FacetValue(value, pair.count))
    return attributes


def _values(aggregation: Mapping[str, Any]) -> list[FacetValue]:
    return [FacetValue(str(b.get("key_as_string", b["key"])), b["doc_count"]) for b in aggregation["buckets"]]
