"""Several searches in one request: one that fails doesn't look as if it found nothing."""

from typing import Any

import pytest
from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError, BadRequestError

from indexer.elastic.client import accepts_later
from indexer.elastic.multi_search import multi_search, multi_search_each
from tests.answers import answered

FOUND = {"hits": {"hits": []}, "status": 200}


class Client:
    """Answers every request with the same answers."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers, self.requests = answers, list[dict[str, Any]]()

    def msearch(self, **request: Any) -> ObjectApiResponse[Any]:
        self.requests.append(request)
        return answered({"responses": list(self.answers)})


def _failed(error: str, status: int) -> dict[str, Any]:
    return {"error": {"type": error, "reason": "no"}, "status": status}


def test_searches_are_sent_together_and_answered_in_their_order() -> None:
    client: Any = Client(FOUND, {**FOUND, "took": 2})
    assert multi_search(client, [{"size": 1}, {"size": 2}], index="shop") == [FOUND, {**FOUND, "took": 2}]
    assert client.requests == [{"index": "shop", "searches": [{}, {"size": 1}, {}, {"size": 2}]}]


def test_nothing_is_sent_without_searches() -> None:
    client: Any = Client()
    assert multi_search(client, []) == []
    assert client.requests == []


@pytest.mark.parametrize(
    ("error", "status", "kind", "later"),
    [
        ("index_closed_exception", 400, BadRequestError, True),
        ("parsing_exception", 400, BadRequestError, False),
        ("search_phase_execution_exception", 503, ApiError, True),
    ],
)
def test_a_failed_search_is_an_error_as_if_it_were_alone(
    error: str, status: int, kind: type[ApiError], later: bool
) -> None:
    client: Any = Client(FOUND, _failed(error, status))
    with pytest.raises(kind) as raised:
        multi_search(client, [{}, {}])
    assert (raised.value.error, raised.value.status_code) == (error, status)
    assert accepts_later(raised.value.status_code, raised.value.error) == later


def test_searches_that_are_useful_alone_are_answered_though_another_fails() -> None:
    client: Any = Client(_failed("parsing_exception", 400), FOUND)
    failed, found = multi_search_each(client, [{}, {}])
    assert isinstance(failed, BadRequestError)
    assert found == FOUND
