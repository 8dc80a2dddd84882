"""The contenders of ``make bench`` that search Elasticsearch, and what a contender is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from es_mappings import facets, queries
from es_mappings.anchors import query_points
from es_mappings.keywords import Keywords
from es_mappings.planner import Plan, Thresholds, plan
from es_mappings.product import LAYOUT
from es_mappings.strategies import plain
from evaluation.clustered import WORD, category
from evaluation.workload import PAGE, Task

Request = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Product numbers in order, and the total number of matches (None if unknown)."""

    numbers: list[int]
    total: int | None = None


Contender = Callable[[Task], Callable[[], Answer]]
"""Prepares a task and returns the function that is timed."""


def page(client: Elasticsearch, index: str, build: Callable[[Task], Request]) -> Contender:
    """Return a contender that sends the requests that ``build`` builds."""

    def prepare(task: Task) -> Callable[[], Answer]:
        request = build(task)

        def send() -> Answer:
            answer = client.search(index=index, request_cache=False, **_arguments(request))
            hits = answer["hits"]
            return Answer([int(hit["_id"]) for hit in hits["hits"]], hits["total"]["value"])

        return send

    return prepare


def relevance(task: Task) -> Request:
    """Build the yardstick: the same page, sorted by relevance."""
    return _page_request({"query": _matches(task)})


def exact(task: Task) -> Request:
    """Build a page sorted by similarity, with every match scored."""
    return _sorted(task, queries.EXACT)


def knn(k: int, num_candidates: int, oversample: float) -> Callable[[Task], Request]:
    """Return a builder of pages whose nearest ``k`` come from kNN, followed by the other matches."""
    chosen = Plan("knn", "measured", k=k, num_candidates=num_candidates, oversample=oversample)
    return lambda task: _sorted(task, chosen)


def planned(thresholds: Thresholds, matched: Callable[[Task], int], indexed: int) -> Callable[[Task], Request]:
    """Return a builder of pages that use the strategy the planner chooses."""

    def build(task: Task) -> Request:
        count = len(query_points(task.anchors, task.mode, task.weights, LAYOUT).vectors)
        chosen = plan(matched=matched(task), indexed=indexed, mode=task.mode, points=count, thresholds=thresholds)
        return _sorted(task, chosen)

    return build


def plain_knn(task: Task) -> Request:
    """Build a filtered kNN query alone: its total and facets count the k neighbours, not the matches."""
    neighbours = {"field": "vector", "query_vector": _weighed(task), "k": PAGE, "num_candidates": 100}
    return _page_request({"query": {"knn": {**neighbours, "filter": _others(task)}}})


def naive_script(task: Task) -> Request:
    """Build the script_score query of Elasticsearch's documentation."""
    script = {"source": "cosineSimilarity(params.query, 'vector') + 1.0", "params": {"query": _weighed(task)}}
    return _page_request({"query": {"script_score": {"query": _others(task), "script": script}}})


def _matches(task: Task) -> Request:
    return queries.browse(Keywords(WORD), facets.Filters(category=category(task.share)))


def _others(task: Task) -> Request:
    return {"bool": {"must": [_matches(task)], "must_not": [{"ids": {"values": [a.id for a in task.anchors]}}]}}


def _sorted(task: Task, chosen: Plan) -> Request:
    return _page_request(
        queries.sort_by_similar(_matches(task), task.anchors, mode=task.mode, weights=task.weights, plan=chosen)
    )


def _page_request(parts: Request) -> Request:
    """Add what a shopper's page needs: facets over all matches, the true total, the fields of the cards."""
    return queries.search_page(parts, page=queries.Page(PAGE), facets=facets.aggregations(Keywords(WORD).clauses()))


def _weighed(task: Task) -> list[float]:
    [point] = query_points(task.anchors, task.mode, task.weights, LAYOUT).weighed
    return plain(point)


def _arguments(request: Request) -> Request:
    # The Python client renames `from` and `_source`.
    names = {"_source": "source", "from": "from_"}
    return {names.get(name, name): value for name, value in request.items()}
