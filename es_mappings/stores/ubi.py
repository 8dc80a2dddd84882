"""What shoppers ask and do, in the schema of User Behavior Insights 1.3: queries, and the events that follow them.

The schema: https://github.com/o19s/ubi. Fields of ours: `results`, `actions` and `refined_to` of queries say what came
of each, so that reports count queries alone; `placement` of events.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from es_mappings import scripts

QUERIES, EVENTS = "ubi-queries", "ubi-events"  # in the indices' names; a week follows

MAX_BUCKETS = 10_000  # of one answer, Elasticsearch's limit for a page of a composite aggregation being 65,536

Query = dict[str, Any]

_KEYWORD: Mapping[str, Any] = {"type": "keyword", "ignore_above": 600}
_WORDS: Mapping[str, Any] = {**_KEYWORD, "normalizer": "lowercase"}
_COMMON: Mapping[str, Any] = {
    "application": _KEYWORD,
    "query_id": _KEYWORD,
    "session_id": _KEYWORD,
    "client_id": _KEYWORD,
    "timestamp": {"type": "date"},
    "user_query": _WORDS,
    "query_attributes": {"type": "flattened", "ignore_above": 600},
}


def week(kind: str, day: dt.date) -> str:
    """Return the kind of the index that holds the sessions that began in the week of a day."""
    year, number, _ = day.isocalendar()
    return f"{kind}-{year}-w{number:02}"


def first_day(index: str) -> dt.date | None:
    """Return the Monday of an index's week, by its name; None if it isn't an index of a week."""
    found = re.fullmatch(r".*-(\d{4})-w(\d\d)", index)
    try:
        return dt.date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:  # no such week
        return None


def queries_mapping() -> dict[str, Any]:
    """Build the mapping of queries; a document's ``_id`` is its `query_id`."""
    return {
        "dynamic": "strict",
        "properties": {
            **_COMMON,
            "object_id_field": _KEYWORD,
            "query_response_hit_ids": {"type": "keyword", "index": False, "doc_values": False},  # read, never searched
            "results": {"type": "integer"},  # products of all pages; 0 where others were shown instead
            "actions": _KEYWORD,  # what was done after it, each once
            "refined_to": _WORDS,  # the words that its shopper tried next
        },
    }


def events_mapping() -> dict[str, Any]:
    """Build the mapping of events; a document's ``_id`` is a digest of what happened, which counts once a query.

    The impressions of one page are one document: `object_id` and `ordinal` are lists, and each `placement` holds one of
    each, as the position and the id with a space between them. `team` says whose pick a product of an interleaved page
    was (`indexer.experiments.interleaving`).
    """
    attributes = {
        "object": {"properties": {"object_id": {"type": "keyword"}, "object_id_field": _KEYWORD}},
        "position": {"properties": {"ordinal": {"type": "integer"}}},
        "placement": {"type": "keyword"},
        "team": _KEYWORD,
    }
    return {
        "dynamic": "strict",
        "properties": {
            **_COMMON,
            "action_name": _KEYWORD,
            "message": {"type": "keyword", "index": False, "doc_values": False},
            "event_attributes": {"properties": attributes},
        },
    }


def outcome(actions: Sequence[str], refined_to: str = "") -> dict[str, Any]:
    """Build the script that notes what was done after a query, each action once."""
    params = {"actions": list(actions), "refined_to": refined_to}
    return {"source": scripts.source("query_outcome"), "lang": "painless", "params": params}


def of_session(session_id: str) -> Query:
    """Match what was recorded of one session."""
    return {"bool": {"filter": [{"term": {"session_id": session_id}}]}}


def between(start: dt.date, end: dt.date) -> Query:
    """Match what happened from the start of one day (UTC) to the end of another."""
    return {"range": {"timestamp": {"gte": start.isoformat(), "lt": (end + dt.timedelta(days=1)).isoformat()}}}


def placements(
    start: dt.date, end: dt.date, actions: Sequence[str], after: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Build one page of the counts by day, words, position with product, like and action, in this order.

    Parameters
    ----------
    after : mapping, optional
        The last key of the page before.
    """
    sources: list[dict[str, Any]] = [
        {"day": {"date_histogram": {"field": "timestamp", "calendar_interval": "day", "format": "yyyy-MM-dd"}}},
        {"query": {"terms": {"field": "user_query", "missing_bucket": True}}},
        {"placement": {"terms": {"field": "event_attributes.placement"}}},
        {"like": {"terms": {"field": "query_attributes.anchor", "missing_bucket": True}}},
        {"action": {"terms": {"field": "action_name"}}},
    ]
    page: dict[str, Any] = {"size": MAX_BUCKETS, "sources": sources}
    if after:
        page["after"] = dict(after)
    filters = [between(start, end), {"terms": {"action_name": list(actions)}}]
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": filters}},
        "aggs": {"placements": {"composite": page}},
    }
