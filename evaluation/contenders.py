"""The contenders of ``make bench`` that search Elasticsearch, and what a contender is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from es_mappings import facets, queries
from es_mappings.anchors import query_points
from es_mappings.counts import count_request
from es_mappings.keywords import Keywords
from es_mappings.planner import Plan, Thresholds, plan
from es_mappings.product import LAYOUT
from es_mappings.strategies import plain
from evaluation.clustered import WORD
from evaluation.workload import PAGE, Task

Request = dict[str, Any]

_COUNTS = facets.aggregations(Keywords(WORD).clauses())


@dataclass(frozen=True)
class Answer:
    """Product numbers in order, and the total number of matches (None if unknown)."""

    numbers: list[int]
    total: int | None = None


Contender = Callable[[Task], Callable[[], Answer]]
"""Prepares a task and returns the function that is timed."""


def page(client: Elasticsearch, index: str, build: Callable[[Task], list[Request]]) -> Contender:
    """Return a contender that sends the requests that ``build`` builds: a page's hits, and its counts if apart."""

    def prepare(task: Task) -> Callable[[], Answer]:
        header = {"index": index, "request_cache": False}
        lines = [line for request in build(task) for line in (header, request)]

        def send() -> Answer:
            answers = client.msearch(searches=lines)["responses"]
            hits, counts = answers[0]["hits"], answers[-1]["hits"]
            return Answer([int(hit["_id"]) for hit in hits["hits"]], counts["total"]["value"])

        return send

    return prepare


def relevance(task: Task) -> list[Request]:
    """Build the yardstick: the same page, sorted by relevance."""
    return _page_request({"query": _matches(task)})


def exact(task: Task) -> list[Request]:
    """Build a page sorted by similarity, with every match scored."""
    return _sorted(task, queries.EXACT)


def knn(k: int, num_candidates: int, oversample: float) -> Callable[[Task], list[Request]]:
    """Return a builder of pages whose hits come from kNN."""
    chosen = Plan("knn", "measured", k=k, num_candidates=num_candidates, oversample=oversample)
    return lambda task: _sorted(task, chosen)


def planned(thresholds: Thresholds, matched: Callable[[Task], int], indexed: int) -> Callable[[Task], list[Request]]:
    """Return a builder of pages that use the strategy the planner chooses."""

    def build(task: Task) -> list[Request]:
        count = len(query_points(task.anchors, task.mode, task.weights, LAYOUT).vectors)
        chosen = plan(matched=matched(task), indexed=indexed, mode=task.mode, points=count, thresholds=thresholds)
        return _sorted(task, chosen)

    return build


def plain_knn(task: Task) -> list[Request]:
    """Build a filtered kNN query alone: its total and facets count the k neighbours, not the matches."""
    neighbours = {"field": "vector", "query_vector": _weighed(task), "k": PAGE, "num_candidates": 100}
    return _page_request({"query": {"knn": {**neighbours, "filter": _others(task)}}})


def naive_script(task: Task) -> list[Request]:
    """Build the script_score query of Elasticsearch's documentation."""
    script = {"source": "cosineSimilarity(params.query, 'vector') + 1.0", "params": {"query": _weighed(task)}}
    return _page_request({"query": {"script_score": {"query": _others(task), "script": script}}})


def _matches(task: Task) -> Request:
    return queries.browse(Keywords(WORD), facets.Filters(category=task.category))


def _others(task: Task) -> Request:
    return {"bool": {"must": [_matches(task)], "must_not": [{"ids": {"values": [a.id for a in task.anchors]}}]}}


def _sorted(task: Task, chosen: Plan) -> list[Request]:
    parts = queries.sort_by_similar(_matches(task), task.anchors, mode=task.mode, weights=task.weights, plan=chosen)
    hits = queries.search_page(parts, page=queries.Page(PAGE), counted=False)
    return [hits, count_request(_others(task), _COUNTS)]


def _page_request(parts: Request) -> list[Request]:
    """Add what a shopper's page needs: facets over all matches, the true total, the fields of the cards."""
    return [queries.search_page(parts, page=queries.Page(PAGE), facets=_COUNTS)]


def _weighed(task: Task) -> list[float]:
    [point] = query_points(task.anchors, task.mode, task.weights, LAYOUT).weighed
    return plain(point)
