"""Bulk requests: the outcomes stand in the order of the actions, whatever has to be sent again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders
from elastic_transport._node import NodeApiResponse
from elasticsearch import ApiError, Elasticsearch

from indexer.elastic import client as elastic
from indexer.elastic.client import BulkFailure, bulk

Answer = Callable[[int, list[str]], tuple[int, Any]]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elastic, "_FIRST_PAUSE", 0.0)


def _client(answer: Answer) -> tuple[Elasticsearch, list[list[str]]]:
    """Make a client whose server answers the nth bulk request of these ids by what is given."""
    asked: list[list[str]] = []

    class Node(BaseNode):
        _CLIENT_META_HTTP_CLIENT = ("te", "1")

        def perform_request(self, method: str, target: str, body: bytes | None = None, **_: Any) -> NodeApiResponse:  # type: ignore[override]
            ids = [json.loads(line)["delete"]["_id"] for line in (body or b"").splitlines()]
            asked.append(ids)
            status, given = answer(len(asked), ids)
            headers = HttpHeaders({"content-type": "application/json", "x-elastic-product": "Elasticsearch"})
            return NodeApiResponse(
                ApiResponseMeta(status, "1.1", headers, 0.0, self.config), json.dumps(given).encode()
            )

        def close(self) -> None:
            pass

    return Elasticsearch("http://shop.test:9200", node_class=Node, max_retries=0), asked


def _items(statuses: list[tuple[str, int]]) -> dict[str, Any]:
    items = [
        {"delete": {"_id": i, "status": s, "result": "deleted" if s == 200 else "noop"}}
        if s < 300
        else {"delete": {"_id": i, "status": s, "error": {"type": "t", "reason": f"no {i}"}}}
        for i, s in statuses
    ]
    return {"errors": any(s >= 300 for _, s in statuses), "items": items}


def _deletes(ids: str) -> list[dict[str, Any]]:
    return [{"_op_type": "delete", "_index": "i", "_id": i} for i in ids]


def test_outcomes_stand_in_the_order_of_the_actions() -> None:
    def first_is_never_taken(_: int, ids: list[str]) -> tuple[int, Any]:
        return 200, _items([(i, 429 if i == "a" else 400 if i == "c" else 200) for i in ids])

    client, asked = _client(first_is_never_taken)
    changed: list[str] = []
    outcomes = list(bulk(client, _deletes("abcd"), changed=changed))
    assert outcomes == [BulkFailure("a", 429, "no a", "t"), None, BulkFailure("c", 400, "no c", "t"), None]
    assert [f.transient for f in outcomes if f] == [True, False]
    assert changed == ["b", "d"]
    assert asked == [["a", "b", "c", "d"], *[["a"]] * 5]


def test_what_is_taken_at_last_counts_as_taken() -> None:
    client, asked = _client(lambda n, ids: (200, _items([(i, 429 if n == k else 200) for k, i in enumerate(ids, 1)])))
    assert list(bulk(client, _deletes("abc"))) == [None, None, None]
    assert asked == [["a", "b", "c"], ["a"]]


def test_a_request_that_is_refused_as_a_whole_with_429_is_sent_again() -> None:
    busy = {"error": {"type": "es_rejected_execution_exception"}, "status": 429}
    client, asked = _client(lambda n, ids: (429, busy) if n == 1 else (200, _items([(i, 200) for i in ids])))
    assert list(bulk(client, _deletes("ab"))) == [None, None]
    assert asked == [["a", "b"]] * 2


def test_a_request_that_is_wrong_as_a_whole_raises() -> None:
    client, _ = _client(lambda *_: (403, {"error": {"type": "security_exception"}, "status": 403}))
    with pytest.raises(ApiError):
        list(bulk(client, _deletes("a")))


def test_many_actions_go_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elastic, "_CHUNK", 2)
    client, asked = _client(lambda _, ids: (200, _items([(i, 200) for i in ids])))
    assert list(bulk(client, iter(_deletes("abcde")))) == [None] * 5
    assert asked == [["a", "b"], ["c", "d"], ["e"]]
