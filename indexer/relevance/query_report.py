"""What shoppers search for, and what came of it: read from the recorded queries by aggregations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_mappings import query_reports
from es_mappings.stores import ubi as es_ubi
from indexer.elastic.product_index import ProductIndex

MAX_ROWS = 100  # of each table
TITLES = {
    "top": "Most frequent",
    "without_results": "Without results",
    "without_clicks": "Without clicks",
    "refined": "Searched for again with other words",
}
"""What people call each of `es_mappings.query_reports.RANKINGS`."""


@dataclass(frozen=True)
class Counts:
    """How many queries there were, and of how many something came.

    Attributes
    ----------
    searches : int
        Queries; the same words again in the same visit are the same query.
    without_clicks : int
        Those with products, of which none was opened, liked, bagged or ordered.
    refined : int
        Those after which the same shopper searched for other words within two minutes.
    """

    searches: int = 0
    without_results: int = 0
    without_clicks: int = 0
    refined: int = 0
    clicked: int = 0
    liked: int = 0
    bagged: int = 0
    ordered: int = 0
    filtered: int = 0

    @property
    def click_rate(self) -> float:
        """Share of the queries after which a product was opened, 0 to 1."""
        return self.clicked / self.searches if self.searches else 0.0


@dataclass(frozen=True)
class QueryRow:
    """What became of the queries of some words; what they were refined to, and filtered by, most often."""

    words: str
    counts: Counts
    refined_to: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()


@dataclass(frozen=True)
class QueryReport:
    """What was searched for on some days.

    Attributes
    ----------
    start, end : date
        First and last day, in UTC.
    days : list of tuple of date and Counts
        All of them, in their order.
    rankings : mapping
        Each of `es_mappings.query_reports.RANKINGS` to its words, the most frequent first.
    filters, likes : list of tuple of str and int
        The filters used most, and the products liked most, each with the number of queries.
    """

    start: dt.date
    end: dt.date
    total: Counts
    days: list[tuple[dt.date, Counts]]
    rankings: Mapping[str, list[QueryRow]]
    filters: list[tuple[str, int]]
    likes: list[tuple[str, int]]


class QueryReports:
    """Reports on the recorded queries of one shop."""

    def __init__(self, index: ProductIndex) -> None:
        self._client = index.client
        self._queries, self._events = index.store(f"{es_ubi.QUERIES}-*"), index.store(f"{es_ubi.EVENTS}-*")

    def read(self, start: dt.date, end: dt.date, size: int = 20) -> QueryReport:
        """Read the report of some days, both included; empty if nothing was recorded.

        Parameters
        ----------
        size : int
            Rows of each table, at most `MAX_ROWS`.
        """
        size = min(size, MAX_ROWS)
        found = self._search(self._queries, query_reports.rankings(start, end, size))
        names = {name: _words(found.get(name, {})) for name in query_reports.RANKINGS}
        asked = list(dict.fromkeys(words for ranked in names.values() for words in ranked))
        details = self._search(self._queries, query_reports.details(start, end, asked)) if asked else {}
        rows = {row["key"]: _row(row) for row in details.get("words", {}).get("buckets", [])}
        used = self._search(self._events, query_reports.used(start, end, size))
        return QueryReport(
            start=start,
            end=end,
            total=_counts(found.get("all", {})),
            days=[(_day(bucket), _counts(bucket)) for bucket in found.get("days", {}).get("buckets", [])],
            rankings={name: [rows[words] for words in ranked if words in rows] for name, ranked in names.items()},
            filters=_objects(used.get("filter", {})),
            likes=_objects(used.get("like", {})),
        )

    def _search(self, names: str, search: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._client.search(index=names, body=dict(search))
        return dict(answer.body.get("aggregations") or {})


def _words(aggregation: Mapping[str, Any]) -> list[str]:
    return [str(bucket["key"]) for bucket in aggregation.get("words", {}).get("buckets", [])]


def _objects(aggregation: Mapping[str, Any]) -> list[tuple[str, int]]:
    buckets = aggregation.get("objects", {}).get("buckets", [])
    return [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]


def _day(bucket: Mapping[str, Any]) -> dt.date:
    return dt.date.fromisoformat(str(bucket["key_as_string"]))


def _row(bucket: Mapping[str, Any]) -> QueryRow:
    refined_to, filters = (_keys(bucket[name]["buckets"]) for name in ("refined_to", "filters"))
    return QueryRow(str(bucket["key"]), _counts(bucket), refined_to, filters)


def _keys(buckets: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(bucket["key"]) for bucket in buckets)


def _counts(bucket: Mapping[str, Any]) -> Counts:
    if not bucket:
        return Counts()
    outcomes = {name: int(bucket[name]["doc_count"]) for name in query_reports.OUTCOMES}
    return Counts(searches=int(bucket["doc_count"]), **outcomes)
