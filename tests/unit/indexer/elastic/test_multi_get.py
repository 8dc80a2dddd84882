"""Reading by id: what can't be read is an error, not a document that isn't there."""

from typing import Any

import pytest
from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError, BadRequestError, NotFoundError

from indexer.elastic.client import accepts_later
from indexer.elastic.multi_get import get_sources, multi_get
from tests.answers import answered


class Client:
    """Answers every request with the same documents."""

    def __init__(self, *docs: dict[str, Any]) -> None:
        self.docs, self.bodies = docs, list[Any]()

    def perform_request(self, *_: Any, body: Any, **__: Any) -> ObjectApiResponse[Any]:
        self.bodies.append(body)
        return answered({"docs": list(self.docs)})


FOUND = {"_index": "i", "_id": "a", "found": True, "_source": {"title": "A"}}
GONE = {"_index": "i", "_id": "b", "found": False}


def test_sources_are_by_id_without_unknown_ones() -> None:
    client: Any = Client(FOUND, GONE)
    assert get_sources(client, "i", ["a", "b", "a"]) == {"a": {"title": "A"}}
    assert [doc["_id"] for doc in client.bodies[0]["docs"]] == ["a", "b"]


def test_an_id_that_no_document_can_have_is_unknown() -> None:
    error = {"type": "illegal_argument_exception", "reason": "Ids can't be empty"}
    client: Any = Client(FOUND, {"_index": "i", "_id": "", "error": error})
    assert get_sources(client, "i", ["a", ""]) == {"a": {"title": "A"}}


def test_nothing_is_asked_for_no_ids() -> None:
    client: Any = Client()
    assert get_sources(client, "i", []) == {}
    assert client.bodies == []


@pytest.mark.parametrize(
    ("error", "kind", "later"),
    [
        ("index_closed_exception", BadRequestError, True),
        ("index_not_found_exception", NotFoundError, False),
        ("no_shard_available_action_exception", ApiError, True),
    ],
)
def test_a_document_that_cannot_be_read_is_an_error(error: str, kind: type[ApiError], later: bool) -> None:
    client: Any = Client(FOUND, {"_index": "i", "_id": "b", "error": {"type": error, "reason": "no"}})
    with pytest.raises(kind) as raised:
        multi_get(client, [("i", "a"), ("i", "b")])
    assert raised.value.error == error
    assert accepts_later(raised.value.status_code, raised.value.error) == later
