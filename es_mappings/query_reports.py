"""Reports on what shoppers search for, as aggregations of the recorded queries. Pure.

First the words that rank highest in each respect, among the queries that have it alone; then what became of all queries
of these words. So no request holds a bucket of each word that was ever searched for with buckets below it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from es_mappings.stores import ubi

Query = dict[str, Any]

RANKINGS = ("top", "without_results", "without_clicks", "refined")

_WORDS = {"exists": {"field": "user_query"}}
_SHARD_FACTOR = 10  # times as many words from each week as are shown: weeks are counted apart, and then added
_REFINEMENTS, _FILTERS_OF_WORDS = 3, 3

# What has become of a query. One that a rule leads elsewhere has no products, and nothing to be clicked.
_LED = {"term": {"actions": "redirect"}}
_WITHOUT_RESULTS: Query = {"bool": {"filter": [{"term": {"results": 0}}], "must_not": [_LED]}}
_USED = {"terms": {"actions": ["click", "like", "add_to_cart", "purchase", "redirect"]}}
_WITHOUT_CLICKS: Query = {"bool": {"filter": [{"range": {"results": {"gt": 0}}}], "must_not": [_USED]}}
_REFINED: Query = {"term": {"actions": "refine"}}

OUTCOMES: dict[str, Query] = {
    "without_results": _WITHOUT_RESULTS,
    "without_clicks": _WITHOUT_CLICKS,
    "refined": _REFINED,
    "clicked": {"term": {"actions": "click"}},
    "liked": {"term": {"actions": "like"}},
    "bagged": {"term": {"actions": "add_to_cart"}},
    "ordered": {"term": {"actions": "purchase"}},
    "filtered": {"term": {"actions": "filter"}},
}
"""What is counted of queries, by the name that reports give it."""


def rankings(start: dt.date, end: dt.date, size: int) -> Query:
    """Build the search for the totals of each day, and the words that rank highest in each of `RANKINGS`.

    Parameters
    ----------
    size : int
        Words of each ranking.
    """
    of = {"top": {"match_all": {}}, **{name: OUTCOMES[name] for name in RANKINGS[1:]}}
    day = {"field": "timestamp", "calendar_interval": "day", "format": "yyyy-MM-dd", "min_doc_count": 0}
    bounds = {"min": start.isoformat(), "max": end.isoformat()}
    aggs: Query = {
        "days": {"date_histogram": {**day, "extended_bounds": bounds}, "aggs": _outcomes()},
        "all": {"filter": {"match_all": {}}, "aggs": _outcomes()},
    }
    for name, query in of.items():
        terms = {"field": "user_query", "size": size, "shard_size": size * _SHARD_FACTOR}
        aggs[name] = {"filter": query, "aggs": {"words": {"terms": terms}}}
    return _search([ubi.between(start, end), _WORDS], aggs)


def details(start: dt.date, end: dt.date, words: Sequence[str]) -> Query:
    """Build the search for what became of the queries of some words, what they were refined to and filtered by."""
    refined_to = {"terms": {"field": "refined_to", "size": _REFINEMENTS}}
    filters = {"terms": {"field": "query_attributes.filter", "size": _FILTERS_OF_WORDS}}
    aggs = {**_outcomes(), "refined_to": refined_to, "filters": filters}
    terms = {"field": "user_query", "size": max(len(words), 1), "include": list(words)}
    return _search(
        [ubi.between(start, end), {"terms": {"user_query": list(words)}}],
        {"words": {"terms": terms, "aggs": aggs}},
    )


def used(start: dt.date, end: dt.date, size: int) -> Query:
    """Build the search, of events, for the filters that were used and the products that were liked most."""
    objects = {"objects": {"terms": {"field": "event_attributes.object.object_id", "size": size}}}
    aggs = {name: {"filter": {"term": {"action_name": name}}, "aggs": objects} for name in ("filter", "like")}
    return _search([ubi.between(start, end), {"terms": {"action_name": ["filter", "like"]}}], aggs)


def _outcomes() -> Query:
    return {name: {"filter": query} for name, query in OUTCOMES.items()}


def _search(filters: list[Query], aggs: Query) -> Query:
    return {"size": 0, "track_total_hits": True, "query": {"bool": {"filter": filters}}, "aggs": aggs}
