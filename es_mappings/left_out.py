"""Count the few products that a listing leaves out, from their own values, to subtract them from its counts.

Reading them takes Elasticsearch a fraction of what aggregations over them take, however few they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_mappings import facet_types, queries
from es_mappings.counts import Counts
from es_mappings.facets import FACETS, Filters
from es_mappings.queries import Query
from es_mappings.results import Facets

_FILTER = "filter:"  # prefix of a filter's key in the names of clauses
_KEYWORDS, _OTHERS = "keywords", "others"


@dataclass(frozen=True)
class LeftOut:
    """A product that a listing leaves out.

    Attributes
    ----------
    values : mapping of str to list
        What facets count, by field.
    matches : frozenset of str
        Names of the clauses that it matches.
    """

    values: Mapping[str, list[Any]]
    matches: frozenset[str]


def request(ids: Sequence[str], keywords: Sequence[Query], filters: Filters, *, with_facets: bool) -> dict[str, Any]:
    """Build the request that reads products, with their versions, what facets count of them, and what they match."""
    named = [{"bool": {"filter": clause, "_name": name}} for name, clause in _clauses(keywords, filters).items()]
    fields = {"docvalue_fields": _fields()} if with_facets else {}
    return {
        **queries.versions(ids),
        "query": {"bool": {"filter": [{"ids": {"values": list(ids)}}], "should": named}},
        "sort": ["_doc"],
        **fields,
    }


def read(answer: Mapping[str, Any]) -> list[LeftOut]:
    """Read the answer to a `request`."""
    hits = answer["hits"]["hits"]
    return [LeftOut(hit.get("fields", {}), frozenset(hit.get("matched_queries", ()))) for hit in hits]


def counts(left_out: Sequence[LeftOut], keywords: Sequence[Query], filters: Filters) -> Counts:
    """Count products as `facets.aggregations` does. Numbers have no span: they aren't subtracted."""
    names = frozenset(_clauses(keywords, filters))
    matching = [product for product in left_out if product.matches == names]
    within = {name: _counted(a, matching) for facet in FACETS for name, a in facet.aggregations().items()}
    without = {}
    for key, (facet, _) in filters.by_key.items():
        others = [product for product in left_out if product.matches | {_FILTER + key} == names]
        if unfiltered := facet.unfiltered_aggregations(key):
            without[key] = {name: _counted(a, others) for name, a in unfiltered.items()}
    return Counts(len(matching), Facets.of(facet_types.Counts(within, without)))


def _clauses(keywords: Sequence[Query], filters: Filters) -> dict[str, list[Query]]:
    """Return the clauses of a listing's query by their names; those that are there."""
    by_key = {_FILTER + key: [clause] for key, (_, clause) in filters.by_key.items()}
    clauses = {_KEYWORDS: list(keywords), _OTHERS: filters.other_clauses(), **by_key}
    return {name: parts for name, parts in clauses.items() if parts}


def _fields() -> list[str]:
    counted = [a["terms"]["field"] for facet in FACETS for a in facet.aggregations().values() if "terms" in a]
    return list(dict.fromkeys(counted))


def _counted(aggregation: Query, products: Sequence[LeftOut]) -> dict[str, Any]:
    """Answer an aggregation as Elasticsearch would."""
    if "terms" not in aggregation:
        return {"count": 0}
    field, included = aggregation["terms"]["field"], re.compile(aggregation["terms"].get("include", ".*"), re.DOTALL)
    keys = Counter(key for product in products for key in {_key(value) for value in product.values.get(field, [])})
    return {"buckets": [{"key": k, "doc_count": n} for k, n in keys.items() if included.fullmatch(k)]}


def _key(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
