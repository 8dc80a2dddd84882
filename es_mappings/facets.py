"""Facets: what can narrow a result, counted over all its matches, as shoppers expect.

A facet that is filtered by ignores its own filter: who picked red still sees how many are blue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

Query = dict[str, Any]

# How many values each facet counts. Attribute facets share one aggregation, so theirs is a number for all of them.
CATEGORY_COUNT, BRAND_COUNT, ATTRIBUTE_COUNT = 200, 50, 500

# Names the count of styles, which is the total where variants are grouped.
STYLES = "styles"

# Names the count of a facet without its own filter; the facet's name is quoted, since a name may not hold [, ] or >.
_WITHOUT = "without:"


@dataclass(frozen=True)
class Filters:
    """What narrows a result without scoring it.

    Values of one attribute are alternatives (red or blue); different attributes must all hold (red and midi).
    """

    category: str | None = None  # a path, "Dresses/Midi dresses"
    brands: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    price_min: float | None = None
    price_max: float | None = None
    in_stock: bool | None = None
    cheaper_than: float | None = None  # below, not at, this price
    not_brands: tuple[str, ...] = ()
    not_ids: tuple[str, ...] = ()

    def clauses(self) -> list[Query]:
        """Build the filter clauses."""
        clauses: list[Query] = []
        if self.category:
            clauses.append({"term": {"category_path": self.category}})
        if self.brands:
            clauses.append({"terms": {"brand": list(self.brands)}})
        for name in self.attribute_names:
            values = [attribute_key(name, value) for n, value in self.attributes if n == name]
            clauses.append({"terms": {"facets": values}})
        bounds = {"gte": self.price_min, "lte": self.price_max}
        if any(bound is not None for bound in bounds.values()):
            clauses.append({"range": {"price": {k: bound for k, bound in bounds.items() if bound is not None}}})
        if self.in_stock is not None:
            clauses.append({"term": {"in_stock": self.in_stock}})
        if self.cheaper_than is not None:
            clauses.append({"range": {"price": {"lt": self.cheaper_than}}})
        unwanted: list[Query] = [{"terms": {"brand": list(self.not_brands)}}] if self.not_brands else []
        unwanted += [{"ids": {"values": list(self.not_ids)}}] if self.not_ids else []
        return [*clauses, {"bool": {"must_not": unwanted}}] if unwanted else clauses

    @property
    def attribute_names(self) -> list[str]:
        """Attributes that are filtered by, in the order given."""
        return list(dict.fromkeys(name for name, _ in self.attributes))

    def without(self, facet: str) -> Filters:
        """Leave out the filters of one facet, named as `facets` names it."""
        changes: dict[str, dict[str, Any]] = {
            "brand": {"brands": ()},
            "price": {"price_min": None, "price_max": None},
            "in_stock": {"in_stock": None},
        }
        own = changes.get(facet) or {"attributes": tuple(pair for pair in self.attributes if pair[0] != _name(facet))}
        return replace(self, **own)

    @property
    def facets(self) -> list[str]:
        """Name the facets that are filtered by: ``brand``, ``price``, ``in_stock``, ``attribute:NAME``."""
        named = {
            "brand": self.brands,
            "price": (self.price_min is not None) or (self.price_max is not None),
            "in_stock": self.in_stock is not None,
        }
        return [name for name, used in named.items() if used] + [_ATTRIBUTE + name for name in self.attribute_names]


_ATTRIBUTE = "attribute:"  # keeps an attribute that is called "brand" apart from the brand


def _name(facet: str) -> str:
    return facet.removeprefix(_ATTRIBUTE)


def attribute_key(name: str, value: object) -> str:
    """Write an attribute value as it stands in the ``facets`` field: ``name:value``, booleans as true and false."""
    return f"{name}:{str(value).lower() if isinstance(value, bool) else value}"


def attribute_pairs(attributes: Mapping[str, Any]) -> list[str]:
    """Write all of a product's attributes as ``name:value``; of a list, each of its values."""
    return [
        attribute_key(name, value)
        for name, values in attributes.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def aggregations(keywords: Sequence[Query] = (), filters: Filters = Filters(), excluded: Sequence[str] = ()) -> Query:
    """Build the aggregations of a result.

    Parameters
    ----------
    keywords : sequence of dict
        The scoring clauses of the result's query: a facet without its own filter counts within them.
    filters : Filters
        What narrows the result. Each facet it names is counted once more, without its own filter.
    excluded : sequence of str
        Ids that are not in the result (its anchors).
    """
    counts: Query = {
        "category": {"terms": {"field": "category_path", "size": CATEGORY_COUNT}},
        "brand": {"terms": {"field": "brand", "size": BRAND_COUNT}},
        "attributes": {"terms": {"field": "facets", "size": ATTRIBUTE_COUNT}},
        "in_stock": {"terms": {"field": "in_stock"}},
        "price": {"stats": {"field": "price"}},
    }
    for facet in filters.facets:
        others = {"bool": {"must": list(keywords), "filter": filters.without(facet).clauses()}}
        if excluded:
            others["bool"]["must_not"] = [{"ids": {"values": list(excluded)}}]
        values = counts.get(facet) or _one_attribute(_name(facet))
        counts[_WITHOUT + quote(facet, safe=":")] = {
            "global": {},
            "aggs": {"others": {"filter": others, "aggs": {"values": values}}},
        }
    return counts


def _one_attribute(name: str) -> Query:
    # The pattern is Lucene's, whose every special character may be escaped by a backslash.
    pattern = re.sub(r"([^\w])", r"\\\1", attribute_key(name, ""))
    return {"terms": {"field": "facets", "size": ATTRIBUTE_COUNT, "include": pattern + ".*"}}


def unfiltered(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Pick the counts that ignore their own filter out of an answer's aggregations, by facet."""
    return {
        unquote(name.removeprefix(_WITHOUT)): aggregation["others"]["values"]
        for name, aggregation in answer.items()
        if name.startswith(_WITHOUT)
    }
