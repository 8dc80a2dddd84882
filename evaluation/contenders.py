"""The ways to search that are raced: whole pages by Elasticsearch, bare neighbours by libraries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from es_mappings import facets, queries
from es_mappings.anchors import query_points
from es_mappings.planner import Plan, Thresholds, plan
from es_mappings.product import LAYOUT
from es_mappings.strategies import plain
from evaluation.clustered import WORD, category
from evaluation.workload import PAGE, Task

Request = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """An answer: product numbers in order, and the total that it claims (None where it knows none)."""

    numbers: list[int]
    total: int | None = None


Contender = Callable[[Task], Callable[[], Found]]
"""Prepares a task; what it returns is timed."""


def page(client: Elasticsearch, index: str, build: Callable[[Task], Request]) -> Contender:
    """Make a contender of a function that builds requests."""

    def prepare(task: Task) -> Callable[[], Found]:
        request = build(task)

        def send() -> Found:
            answer = client.search(index=index, request_cache=False, **_arguments(request))
            hits = answer["hits"]
            return Found([int(hit["_id"]) for hit in hits["hits"]], hits["total"]["value"])

        return send

    return prepare


def relevance(task: Task) -> Request:
    """Build the yardstick: the same page, sorted by relevance."""
    return _whole({"query": _matches(task)})


def exact(task: Task) -> Request:
    """Build a page in the order of similarity, every match scored."""
    return _sorted(task, queries.EXACT)


def knn(k: int, num_candidates: int, oversample: float) -> Callable[[Task], Request]:
    """Make a builder of pages whose nearest ``k`` are found by kNN, the others following."""
    chosen = Plan("knn", "measured", k=k, num_candidates=num_candidates, oversample=oversample)
    return lambda task: _sorted(task, chosen)


def planned(thresholds: Thresholds, matched: Callable[[Task], int], indexed: int) -> Callable[[Task], Request]:
    """Make a builder of pages by the strategy that the planner chooses."""

    def build(task: Task) -> Request:
        count = len(query_points(task.anchors, task.mode, task.weights, LAYOUT).vectors)
        chosen = plan(matched=matched(task), indexed=indexed, mode=task.mode, points=count, thresholds=thresholds)
        return _sorted(task, chosen)

    return build


def plain_knn(task: Task) -> Request:
    """Build a filtered kNN query alone: its total and facets are those of the k neighbours, not of the matches."""
    neighbours = {"field": "vector", "query_vector": _weighed(task), "k": PAGE, "num_candidates": 100}
    return _whole({"query": {"knn": {**neighbours, "filter": _others(task)}}})


def naive_script(task: Task) -> Request:
    """Build the script_score query of the handbook."""
    script = {"source": "cosineSimilarity(params.query, 'vector') + 1.0", "params": {"query": _weighed(task)}}
    return _whole({"query": {"script_score": {"query": _others(task), "script": script}}})


def _matches(task: Task) -> Request:
    return queries.browse(WORD, facets.Filters(category=category(task.share)))


def _others(task: Task) -> Request:
    return {"bool": {"must": [_matches(task)], "must_not": [{"ids": {"values": [a.id for a in task.anchors]}}]}}


def _sorted(task: Task, chosen: Plan) -> Request:
    return _whole(
        queries.sort_by_similar(_matches(task), task.anchors, mode=task.mode, weights=task.weights, plan=chosen)
    )


def _whole(parts: Request) -> Request:
    """Add what a shopper's page needs: facets over all matches, the true total, the cards' fields."""
    return queries.search_page(parts, page=queries.Page(PAGE), facets=facets.aggregations(queries.keywords(WORD)))


def _weighed(task: Task) -> list[float]:
    [point] = query_points(task.anchors, task.mode, task.weights, LAYOUT).weighed
    return plain(point)


def _arguments(request: Request) -> Request:
    # In Python, `from` and `_source` are named otherwise.
    names = {"_source": "source", "from": "from_"}
    return {names.get(name, name): value for name, value in request.items()}
