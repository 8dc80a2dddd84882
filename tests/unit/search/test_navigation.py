"""What a listing shows while Elasticsearch answers a part of it."""

from typing import Any
from unittest.mock import MagicMock

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError

from search.cursors import Cursors
from search.navigation import Navigation

_REQUEST = {"query": {"match_all": {}}, "size": 1, "aggs": {"brand": {"terms": {"field": "brand"}}}}
_HITS = {"hits": {"total": {"value": 7}, "hits": [{"_source": {"id": "a"}}]}, "took": 3}


def _refused(status: int, *causes: str) -> ApiError:
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.0, NodeConfig("http", "localhost", 9200))
    kind = "search_phase_execution_exception"
    return ApiError(kind, meta, {"error": {"type": kind, "root_cause": [{"type": cause} for cause in causes]}})


def _navigation(*answers: Any) -> tuple[Navigation, MagicMock]:
    index = MagicMock()
    index.client.search.side_effect = [
        answer if isinstance(answer, Exception) else MagicMock(body=answer) for answer in answers
    ]
    return Navigation(index, Cursors("secret")), index.client.search


@pytest.mark.parametrize("cause", ["circuit_breaking_exception", "too_many_buckets_exception"])
def test_a_listing_goes_without_facets_that_elasticsearch_lacks_memory_for(cause: str) -> None:
    navigation, sent = _navigation(_refused(429, cause), _HITS)
    result = navigation._send(_REQUEST, MagicMock())
    assert (result.total, len(result.hits), result.facets) == (7, 1, None)
    assert "aggs" not in sent.call_args.kwargs["body"]


def test_what_is_refused_without_facets_too_is_not_tried_again() -> None:
    navigation, sent = _navigation(*[_refused(429, "circuit_breaking_exception")] * 3)
    with pytest.raises(ApiError):
        navigation._send(_REQUEST, MagicMock())
    assert sent.call_count == 2


def test_an_overloaded_elasticsearch_is_not_asked_twice() -> None:
    navigation, sent = _navigation(_refused(429, "es_rejected_execution_exception"))
    with pytest.raises(ApiError):
        navigation._send(_REQUEST, MagicMock())
    assert sent.call_count == 1


@pytest.mark.parametrize(
    ("part", "is_incomplete"), [({}, False), ({"timed_out": True}, True), ({"_shards": {"failed": 1}}, True)]
)
def test_a_shard_that_does_not_answer_is_noticed(part: dict[str, Any], is_incomplete: bool) -> None:
    navigation, _ = _navigation({**_HITS, **part})
    assert navigation._send(_REQUEST, MagicMock()).is_incomplete is is_incomplete
