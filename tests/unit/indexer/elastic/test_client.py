"""Bulk requests: the outcomes are in the order of the actions, whatever has to be sent again."""

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
    """Make a client whose server answers by ``answer(n, ids)``; return it and the ids of each bulk request."""
    requests: list[list[str]] = []

    class Node(BaseNode):
        _CLIENT_META_HTTP_CLIENT = ("te", "1")

        def perform_request(self, method: str, target: str, body: bytes | None = None, **_: Any) -> NodeApiResponse:  # type: ignore[override]
            ids = [json.loads(line)["delete"]["_id"] for line in (body or b"").splitlines()]
            requests.append(ids)
            status, body_of_answer = answer(len(requests), ids)
            headers = HttpHeaders({"content-type": "application/json", "x-elastic-product": "Elasticsearch"})
            return NodeApiResponse(
                ApiResponseMeta(status, "1.1", headers, 0.0, self.config), json.dumps(body_of_answer).encode()
            )

        def close(self) -> None:
            pass

    return Elasticsearch("http://shop.test:9200", node_class=Node, max_retries=0), requests


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


def test_outcomes_are_in_the_order_of_the_actions() -> None:
    def refuse_the_first(_: int, ids: list[str]) -> tuple[int, Any]:
        return 200, _items([(i, 429 if i == "a" else 400 if i == "c" else 200) for i in ids])

    client, requests = _client(refuse_the_first)
    answers: list[Any] = []
    outcomes = list(bulk(client, _deletes("abcd"), answers=answers))
    assert outcomes == [BulkFailure("a", 429, "no a", "t"), None, BulkFailure("c", 400, "no c", "t"), None]
    assert [f.transient for f in outcomes if f] == [True, False]
    assert [answer["_id"] for answer in answers] == ["a", "b", "c", "d"]
    assert [answer.get("result") for answer in answers] == [None, "deleted", None, "deleted"]
    assert requests == [["a", "b", "c", "d"], *[["a"]] * 5]


def test_an_item_that_is_accepted_at_a_retry_counts_as_accepted() -> None:
    client, requests = _client(
        lambda n, ids: (200, _items([(i, 429 if n == k else 200) for k, i in enumerate(ids, 1)]))
    )
    assert list(bulk(client, _deletes("abc"))) == [None, None, None]
    assert requests == [["a", "b", "c"], ["a"]]


def test_a_whole_request_refused_with_429_is_sent_again() -> None:
    busy = {"error": {"type": "es_rejected_execution_exception"}, "status": 429}
    client, requests = _client(lambda n, ids: (429, busy) if n == 1 else (200, _items([(i, 200) for i in ids])))
    assert list(bulk(client, _deletes("ab"))) == [None, None]
    assert requests == [["a", "b"]] * 2


def test_a_whole_request_refused_for_another_reason_raises() -> None:
    client, _ = _client(lambda *_: (403, {"error": {"type": "security_exception"}, "status": 403}))
    with pytest.raises(ApiError):
        list(bulk(client, _deletes("a")))


def test_many_actions_are_sent_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elastic, "_CHUNK", 2)
    client, requests = _client(lambda _, ids: (200, _items([(i, 200) for i in ids])))
    assert list(bulk(client, iter(_deletes("abcde")))) == [None] * 5
    assert requests == [["a", "b"], ["c", "d"], ["e"]]
