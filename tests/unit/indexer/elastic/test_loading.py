"""One event that can't be written takes no other with it."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from elastic_transport import SerializationError
from elasticsearch import ApiError, BadRequestError

from indexer.catalog import documents
from indexer.catalog.events import Event, parse_event
from indexer.catalog.feeds.feed import open_feed
from indexer.elastic import loading, write_targets
from indexer.elastic.client import Answer, BulkFailure

INDEX: Any = SimpleNamespace(alias="shop")


def _event(number: int) -> Event:
    return parse_event({"type": "upsert", "product": {"id": f"p-{number}", "title": "A", "version": 1}})


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids of each request; one that holds p-3 or p-7 is refused whole."""
    sent: list[list[str]] = []

    def write(
        _: Any, actions: Sequence[dict[str, Any]], answers: list[Answer] | None = None
    ) -> list[BulkFailure | None]:
        ids = [action["_id"] for action in actions]
        sent.append(ids)
        if {"p-3", "p-7"} & set(ids):
            meta: Any = SimpleNamespace(status=400)
            raise BadRequestError("no", meta, {"error": {"type": "action_request_validation_exception"}})
        if answers is not None:
            answers.extend({"result": "updated", "_id": i} for i in ids)
        return [None] * len(ids)

    monkeypatch.setattr(write_targets, "write", write)
    return sent


def test_a_refused_request_is_halved_until_the_culprits_stand_alone(requests: list[list[str]]) -> None:
    outcome = loading.write_events(INDEX, [_event(number) for number in range(10)])
    assert [place for place, failure in enumerate(outcome) if failure] == [3, 7]
    assert [failure.id for failure in outcome if failure] == ["p-3", "p-7"]
    assert all("BadRequestError" in failure.reason and not failure.transient for failure in outcome if failure)
    accepted = [product_id for ids in requests if not {"p-3", "p-7"} & set(ids) for product_id in ids]
    assert sorted(accepted) == [f"p-{number}" for number in range(10) if number not in {3, 7}]


def test_an_event_that_no_request_can_be_built_of_stands_alone(
    requests: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    build = documents.write

    def fail_for_one(alias: str, event: Event) -> dict[str, Any]:
        if event.id == "p-1":
            raise OverflowError("too large")
        action: dict[str, Any] = build(alias, event)
        return action

    monkeypatch.setattr(documents, "write", fail_for_one)
    outcome = loading.write_events(INDEX, [_event(number) for number in range(3)])
    assert [failure.reason if failure else None for failure in outcome] == [None, "OverflowError: too large", None]


_META: Any = SimpleNamespace(status=400)


@pytest.mark.parametrize(
    "error",
    [
        ApiError("expired", SimpleNamespace(status=401), {}),  # type: ignore[arg-type]
        BadRequestError("index_closed_exception", _META, {}),
        SerializationError("Unable to deserialize as JSON: 'half an'"),
    ],
)
def test_what_concerns_all_events_is_raised(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(write_targets, "write", refuse)
    with pytest.raises(type(error)):
        loading.write_events(INDEX, [_event(0), _event(1)])


def test_lines_that_replace_an_earlier_one_are_named_across_chunks(requests: list[list[str]], tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    update = {"type": "update", "id": "a", "version": 5, "fields": {"price": 1}}
    lines = [*({"id": i, "title": "A"} for i in ("a", "b", "a", "c")), update, {"id": "b", "title": "B"}]
    file.write_text("\n".join(map(json.dumps, lines)))
    outcomes = list(loading.load_file(INDEX, open_feed(file), chunk=2))
    assert [repeated for outcome in outcomes for repeated in outcome.repeated] == [(3, "a"), (6, "b")]


def test_each_event_has_its_answer_however_often_requests_are_halved(requests: list[list[str]]) -> None:
    answers: list[Answer] = []
    loading.write_events(INDEX, [_event(number) for number in range(10)], answers)
    assert [answer.get("_id") for answer in answers] == [None if n in {3, 7} else f"p-{n}" for n in range(10)]
    assert len(requests) > 1


@pytest.mark.parametrize(
    ("answer", "effect"),
    [
        ({"result": "created", "get": {"_source": {"content": {"version": 1}}}}, "written"),
        ({"result": "updated", "get": {"_source": {"content": {"version": 1}}}}, "written"),
        ({"result": "updated", "get": {"_source": {"content": {"version": 0}}}}, "unchanged"),
        ({"result": "noop"}, "ignored"),
    ],
)
def test_what_an_event_did_is_in_its_answer(answer: dict[str, Any], effect: str) -> None:
    assert loading.effect(_event(1), answer) == effect
    assert loading.effect(parse_event({"type": "delete", "id": "a", "version": 1}), {"result": "updated"}) == "deleted"
