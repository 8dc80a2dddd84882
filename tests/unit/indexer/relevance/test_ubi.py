import datetime as dt
from typing import Any

import pytest

from indexer.relevance import ubi
from indexer.relevance.ubi import Acted, Erased, Shown, read_message

SESSION, QUERY, NEXT = "20261128-visit0000001", "20261128-query-aaaaaaaaaaaa", "20261128-query-bbbbbbbbbbbb"
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC).timestamp()
SHOWN = Shown(
    session_id=SESSION,
    at=NOON,
    query_id=QUERY,
    application="shop",
    words="Red  Dress",
    attributes={"filter": ("color:red",), "sort": "price"},
    results=30,
    ids=("d1", "d2"),
)


def _acted(action: Any = ubi.CLICK, object_id: str = "d2", position: int = 2) -> Acted:
    return Acted(
        session_id=SESSION,
        at=NOON,
        query_id=QUERY,
        application="shop",
        action=action,
        object_id=object_id,
        position=position,
    )


def test_a_query_s_document_has_what_was_asked_and_shown() -> None:
    assert ubi.query_document(SHOWN) == {
        "application": "shop",
        "query_id": QUERY,
        "session_id": SESSION,
        "client_id": "shop",
        "timestamp": "2026-11-28T12:00:00.000+00:00",
        "user_query": "red dress",
        "query_attributes": {"filter": ["color:red"], "sort": "price"},
        "object_id_field": "id",
        "query_response_hit_ids": ["d1", "d2"],
        "results": 30,
        "actions": [],
    }
    assert "user_query" not in ubi.query_document(SHOWN.model_copy(update={"words": ""}))
    assert ubi.query_document(SHOWN.model_copy(update={"redirect": True}))["actions"] == ["redirect"]


def test_the_impressions_of_a_page_are_one_document_and_an_event_each_where_they_are_exported() -> None:
    page = SHOWN.model_copy(update={"first": 25})
    [(_, document)] = ubi.event_documents(page, ubi.of_query(page))
    assert document["action_name"] == "impression"
    assert document["user_query"] == "red dress"
    assert document["event_attributes"] == {
        "object": {"object_id": ["d1", "d2"], "object_id_field": "id"},
        "position": {"ordinal": [25, 26]},
        "placement": ["25 d1", "26 d2"],
    }
    assert [event["event_attributes"] for event in ubi.exported(document)] == [
        {"object": {"object_id": "d1", "object_id_field": "id"}, "position": {"ordinal": 25}},
        {"object": {"object_id": "d2", "object_id_field": "id"}, "position": {"ordinal": 26}},
    ]


def test_the_same_thing_under_the_same_query_is_one_event() -> None:
    [(click, document)] = ubi.event_documents(_acted(), {})
    [(again, _)] = ubi.event_documents(_acted().model_copy(update={"at": NOON + 60, "position": 1}), {})
    [(other, _)] = ubi.event_documents(_acted(object_id="d1"), {})
    [(like, _)] = ubi.event_documents(_acted(ubi.LIKE), {})
    assert click == again
    assert len({click, other, like}) == 3
    assert document["event_attributes"]["placement"] == ["2 d2"]
    assert "user_query" not in document  # the query isn't known


def test_a_filter_is_no_product() -> None:
    [(_, document)] = ubi.event_documents(_acted(ubi.FILTER, "color:red", 0), {})
    assert document["event_attributes"] == {
        "object": {"object_id": ["color:red"], "object_id_field": "filter"},
        "position": {"ordinal": [0]},
    }


def test_a_refinement_is_an_event_of_the_query_before() -> None:
    after = SHOWN.model_copy(update={"query_id": NEXT, "words": "red gown", "refines": QUERY})
    [_, (_, refined)] = ubi.event_documents(after, ubi.of_query(after))
    assert refined["action_name"] == "refine"
    assert refined["query_id"] == QUERY
    assert refined["message"] == "red gown"
    assert "user_query" not in refined
    outcomes = ubi.outcomes([_acted(), _acted(ubi.LIKE), _acted(), after])
    assert outcomes == {(dt.date(2026, 11, 28), QUERY): (["click", "like", "refine"], "red gown")}


def test_all_of_a_session_is_in_the_week_in_which_it_began() -> None:
    later = _acted().model_copy(update={"at": NOON + 3 * 86_400})
    assert ubi.index_kinds(later.day) == ("ubi-queries-2026-w48", "ubi-events-2026-w48")


@pytest.mark.parametrize("message", [SHOWN, _acted(), Erased(session_id=SESSION, at=NOON)])
def test_a_message_is_read_as_it_was_sent(message: Shown | Acted | Erased) -> None:
    assert read_message(message.model_dump(mode="json")) == message


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        {"kind": "drop"},
        {**SHOWN.model_dump(mode="json"), "session_id": "20261332-visit0000001"},
        {**SHOWN.model_dump(mode="json"), "session_id": "x"},
        {**SHOWN.model_dump(mode="json"), "query_id": "../_all"},
        {**SHOWN.model_dump(mode="json"), "at": float("nan")},
        {**SHOWN.model_dump(mode="json"), "ids": ["d"] * 101},
        {**SHOWN.model_dump(mode="json"), "words": "z" * 601},
        {**_acted().model_dump(mode="json"), "action": "impression"},
        {**_acted().model_dump(mode="json"), "_index": "other"},
    ],
)
def test_what_is_no_message_is_none(data: object) -> None:
    assert read_message(data) is None
