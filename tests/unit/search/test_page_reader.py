"""What a listing shows while Elasticsearch answers a part of it, and what it is not asked for twice."""

from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock

import pytest
from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError

from es_mappings.facets import aggregations
from es_mappings.planner import KEYWORDS
from search.cursors import Position
from search.match_counts import MatchCounts
from search.page_reader import PageReader
from search.parameters import SearchParameters
from search.resolved import ResolvedSearch
from search.snapshots import Snapshot
from tests.answers import answered
from webapp.services.resilience import empty_listing

_POSITION = Position("listing", KEYWORDS, "shop-1", "point", (), 0)
_HITS = {"hits": {"hits": [{"_source": {"id": "a"}}]}, "took": 3}


def _counts(total: int, color: int = 0) -> dict[str, Any]:
    counted: dict[str, Any] = {name: {"buckets": [], "count": 0} for name in aggregations()}
    counted["attributes"]["buckets"] = [{"key": "color:red", "doc_count": color}] if color else []
    return {"hits": {"total": {"value": total}, "hits": []}, "took": 1, "aggregations": counted}


def _refused(status: int, *causes: str) -> dict[str, Any]:
    kind = "search_phase_execution_exception"
    return {"error": {"type": kind, "root_cause": [{"type": cause} for cause in causes]}, "status": status}


def _search(point: str = "point", **parameters: Any) -> ResolvedSearch:
    search = empty_listing(SearchParameters(**parameters)).search
    return replace(search, snapshot=Snapshot("shop-1", point), hidden=tuple(parameters.get("dislike", ())))


def _reader(*answers: list[dict[str, Any]]) -> tuple[PageReader, list[list[dict[str, Any]]]]:
    """Return a reader that gets these answers, and what it sends."""
    sent: list[list[dict[str, Any]]] = []
    index, left = MagicMock(), list(answers)

    def msearch(searches: list[dict[str, Any]], index: str | None) -> ObjectApiResponse[Any]:
        assert index is None  # each has the point in time
        sent.append(searches[1::2])
        return answered({"responses": left.pop(0)})

    index.client.msearch = msearch
    return PageReader(index, MatchCounts(index)), sent


@pytest.mark.parametrize("cause", ["circuit_breaking_exception", "too_many_buckets_exception"])
def test_a_listing_goes_without_facets_that_elasticsearch_lacks_memory_for(cause: str) -> None:
    without = {"hits": {"total": {"value": 7}, "hits": []}, "took": 1}
    reader, sent = _reader([_HITS, _refused(429, cause)], [without])
    result = reader.read(_search(), _POSITION)
    assert (result.total, len(result.hits), result.facets) == (7, 1, None)
    assert "aggs" not in sent[1][0]


def test_what_is_refused_without_facets_too_is_not_tried_again() -> None:
    refused = _refused(429, "circuit_breaking_exception")
    reader, sent = _reader([_HITS, refused], [refused])
    with pytest.raises(ApiError):
        reader.read(_search(), _POSITION)
    assert len(sent) == 2


@pytest.mark.parametrize("answers", [[_refused(429), _counts(7)], [_HITS, _refused(429)]])
def test_an_overloaded_elasticsearch_is_not_asked_twice(answers: list[dict[str, Any]]) -> None:
    reader, sent = _reader(answers)
    with pytest.raises(ApiError):
        reader.read(_search(), _POSITION)
    assert len(sent) == 1


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    ("part", "is_incomplete"), [({}, False), ({"timed_out": True}, True), ({"_shards": {"failed": 1}}, True)]
)
def test_a_shard_that_does_not_answer_is_noticed(place: int, part: dict[str, Any], is_incomplete: bool) -> None:
    answers = [_HITS, _counts(7)]
    answers[place] = {**answers[place], **part}
    reader, _ = _reader(answers)
    assert reader.read(_search(), _POSITION).is_incomplete is is_incomplete


def test_a_further_page_without_facets_counts_nothing() -> None:
    reader, sent = _reader([_HITS])
    further = replace(_POSITION, offset=24, after=("a",), total=70)
    result = reader.read(_search(dislike=("b",)), further, with_facets=False)
    assert (result.total, result.facets, len(result.hits)) == (70, None, 1)
    assert [len(requests) for requests in sent] == [1]


def test_one_snapshot_is_counted_once_whatever_is_liked_or_disliked() -> None:
    disliked = {"_id": "b", "fields": {"facets": ["color:red"]}, "matched_queries": []}
    reader, sent = _reader([_HITS, _counts(7, color=3)], [_HITS, {"hits": {"hits": [disliked]}}], [_HITS, _counts(8)])
    first = reader.read(_search(), _POSITION)
    liked = reader.read(_search(dislike=("b",)), _POSITION)
    assert (first.total, liked.total) == (7, 6)
    assert first.facets
    assert liked.facets
    assert [f.attributes["color"][0].count for f in (first.facets, liked.facets)] == [3, 2]
    assert [len(requests) for requests in sent] == [2, 2]  # of the second, what was disliked is read, to be subtracted
    assert reader.read(_search("later"), _POSITION).total == 8
