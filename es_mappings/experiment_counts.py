"""Counts of an experiment's visits, from what is recorded of searches (`es_mappings.stores.ubi`). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from es_mappings.stores.ubi import MAX_BUCKETS

ACTIONS: Mapping[str, str] = {"click": "clicks", "like": "likes", "add_to_cart": "carts", "purchase": "orders"}
"""Action, as it is recorded, to the metric that it counts for."""

_TRIAL, _CATEGORY, _DEVICE, _LIKE = (
    f"query_attributes.{name}" for name in ("experiment", "category", "device", "like")
)
_LIKED: dict[str, Any] = {"exists": {"field": _LIKE}}

Query = dict[str, Any]


def _terms(name: str, field: str, *, missing: bool = False) -> Query:
    return {name: {"terms": {"field": field, **({"missing_bucket": True} if missing else {})}}}


_SEGMENTS = (_terms("category", _CATEGORY, missing=True), _terms("device", _DEVICE, missing=True))


def of_visits(number: int, after: Mapping[str, Any] | None = None) -> Query:
    """Build one page of the counts of queries by visit, side, category and device: of all, and of those with a like.

    Parameters
    ----------
    after : mapping, optional
        The last key of the page before.
    """
    counted: Query = {metric: {"filter": {"term": {"actions": action}}} for action, metric in ACTIONS.items()}
    counted["zero"] = {"filter": {"term": {"results": 0}}}
    sources = [_terms("visit", "session_id"), _terms("trial", _TRIAL), *_SEGMENTS]
    return _page(number, [], sources, {**counted, "liked": {"filter": _LIKED, "aggs": counted}}, after)


def of_teams(number: int, after: Mapping[str, Any] | None = None) -> Query:
    """Build one page of the counts of actions by visit, category, device, action and whose pick the product was."""
    sources = [
        _terms("visit", "session_id"),
        *_SEGMENTS,
        _terms("action", "action_name"),
        _terms("team", "event_attributes.team"),
    ]
    actions = [{"terms": {"action_name": list(ACTIONS)}}]
    return _page(number, actions, sources, {"liked": {"filter": _LIKED}}, after)


def _page(
    number: int, filters: list[Query], sources: list[Query], counted: Query, after: Mapping[str, Any] | None
) -> Query:
    composite: Query = {"size": MAX_BUCKETS, "sources": sources} | ({"after": dict(after)} if after else {})
    trials = [f"{number}:{side}" for side in ("control", "treatment", "interleaved")]
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [{"terms": {_TRIAL: trials}}, *filters]}},
        "aggs": {"rows": {"composite": composite, "aggs": counted}},
    }
