"""Count an experiment's visits, side by side and by segment, from what is recorded of searches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any, cast

from es_mappings import experiment_counts
from es_mappings.experiment import METRICS, Side
from es_mappings.stores import ubi as es_ubi
from indexer.elastic.product_index import ProductIndex
from indexer.experiments.results import ALL, Tallies, Tally

Row = Mapping[str, Any]
"""A bucket: its key, and its counts."""

_Key = tuple[str, Side]
"""Segment and side."""


def count(index: ProductIndex, number: int) -> Tallies:
    """Count the visits of an experiment: a page of Elasticsearch for every 10,000 of them."""
    queries = index.store(f"{es_ubi.QUERIES}-*")
    visits = _rows(index, queries, lambda after: experiment_counts.of_visits(number, after))
    teams = _rows(index, index.store(f"{es_ubi.EVENTS}-*"), lambda after: experiment_counts.of_teams(number, after))
    return tally(visits, teams)


def tally(visits: Iterator[Row], teams: Iterator[Row]) -> Tallies:
    """Tally rows of visits, and of what whose picks got, both in the order of visits.

    A visit counts in each segment in which it searched, and there for what it did after these searches.
    """
    shown, counts = _reached(visits)
    preferred = _preferred(teams)
    tallies: dict[str, dict[Side, Tally]] = defaultdict(dict)
    for (segment, side), number in shown.items():
        wins = preferred[segment] if side == "interleaved" else {}
        tallies[segment][side] = Tally(number, dict(counts[segment, side]), {m: (w[0], w[1]) for m, w in wins.items()})
    return dict(tallies)


def _reached(rows: Iterator[Row]) -> tuple[Counter[_Key], dict[_Key, Counter[str]]]:
    """Return the number of visits, and of those that count for each metric."""
    shown, counts = Counter[_Key](), defaultdict[_Key, Counter[str]](Counter)
    for _, own in groupby(rows, key=_visit):
        reached: dict[_Key, set[str]] = defaultdict(set)
        for row in own:
            side = cast("Side", row["key"]["trial"].partition(":")[2])
            for segment, counted in _segments(row):
                reached[segment, side] |= {m for m in METRICS if counted.get(m, {}).get("doc_count")}
        shown.update(reached.keys())
        for key, metrics in reached.items():
            counts[key].update(metrics)
    return shown, counts


def _preferred(rows: Iterator[Row]) -> dict[str, dict[str, list[int]]]:
    """Return by segment and metric in how many visits the treatment's picks got more, and in how many the control's."""
    preferred = defaultdict[str, dict[str, list[int]]](lambda: defaultdict(lambda: [0, 0]))
    for _, own in groupby(rows, key=_visit):
        for (segment, metric), lead in _leads(own).items():
            if lead:
                preferred[segment][metric][0 if lead > 0 else 1] += 1
    return preferred


def _leads(rows: Iterator[Row]) -> Counter[tuple[str, str]]:
    """Return by segment and metric how many more actions of a visit the treatment's picks got than the control's."""
    leads = Counter[tuple[str, str]]()
    for row in rows:
        metric = experiment_counts.ACTIONS[row["key"]["action"]]
        sign = 1 if row["key"]["team"] == "b" else -1
        for segment, counted in _segments(row):
            leads[segment, metric] += sign * counted["doc_count"]
    return leads


def _segments(row: Row) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Iterate over the segments that a row counts in, each with its counts."""
    liked = row["liked"]
    yield ALL, row
    if category := row["key"]["category"]:
        yield f"category:{category.partition('/')[0]}", row
    if device := row["key"].get("device"):
        yield f"device:{device}", row
    if liked["doc_count"]:
        yield "likes:yes", liked
    if row["doc_count"] > liked["doc_count"]:
        yield "likes:no", _difference(row, liked)


def _difference(row: Row, part: Row) -> dict[str, Any]:
    counted = {m: {"doc_count": row[m]["doc_count"] - part[m]["doc_count"]} for m in METRICS if m in row}
    return {"doc_count": row["doc_count"] - part["doc_count"], **counted}


def _visit(row: Row) -> str:
    return str(row["key"]["visit"])


def _rows(
    index: ProductIndex, names: str, search: Callable[[Mapping[str, Any] | None], dict[str, Any]]
) -> Iterator[Row]:
    after: Mapping[str, Any] | None = None
    while True:
        answer = index.client.search(index=names, body=search(after), ignore_unavailable=True)
        page = answer.body.get("aggregations", {}).get("rows", {})  # none at all: nothing was recorded yet
        yield from page.get("buckets", [])
        after = page.get("after_key")
        if after is None:
            return
