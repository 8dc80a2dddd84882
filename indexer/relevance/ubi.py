"""What is recorded of searches, on its way from the web application to Elasticsearch. Pure.

A session is a visit: a random id with the day on which it began, linked to nobody. All that is recorded of a session is
in the indices of the week in which it began.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from es_mappings.stores import ubi as es_ubi
from indexer.relevance.interactions import query_text

# What is done after a query: a shopper's actions, and what became of the query itself.
CLICK: Final = "click"
LIKE: Final = "like"
CART: Final = "add_to_cart"
ORDER: Final = "purchase"
FILTER: Final = "filter"
REFINE: Final = "refine"
REDIRECT: Final = "redirect"

_PAGE = 100  # products of a page at most

Id = Annotated[str, StringConstraints(pattern=r"^\d{8}-[A-Za-z0-9_-]{8,80}$")]
Short = Annotated[str, StringConstraints(max_length=600)]
Position = Annotated[int, Field(ge=0, le=1_000_000)]


Action = Literal["click", "like", "add_to_cart", "purchase", "filter"]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    session_id: Id
    at: Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]  # seconds since the epoch

    @property
    def day(self) -> dt.date:
        """The day on which the session began, which its id begins with."""
        return day_of(self.session_id)

    @property
    def timestamp(self) -> str:
        """When it happened, in UTC."""
        return dt.datetime.fromtimestamp(self.at, dt.UTC).isoformat(timespec="milliseconds")


class Shown(_Message):
    """A page of a query's products.

    Attributes
    ----------
    application : str
        What was searched by: the shop's pages, or the API.
    attributes : mapping
        What the query is made of besides its words, and which side of an experiment served it.
    results : int
        Products of all pages that have what was asked for: 0 where others were shown instead.
    ids : tuple of str
        Products of this page, in their order.
    first : int
        Position of the first of them, from 1.
    refines : str
        Id of the query that the same shopper asked just before, with other words.
    redirect : bool
        Whether a rule led to another page instead.
    """

    kind: Literal["shown"] = "shown"
    query_id: Id
    application: Literal["shop", "api"]
    words: Short = ""
    attributes: Mapping[Annotated[str, StringConstraints(max_length=60)], Short | tuple[Short, ...]] = {}
    results: Annotated[int, Field(ge=0)] = 0
    ids: Annotated[tuple[Annotated[str, StringConstraints(max_length=512)], ...], Field(max_length=_PAGE)] = ()
    first: Position = 1
    refines: Id | Literal[""] = ""
    redirect: bool = False


class Acted(_Message):
    """What a shopper did after a query, with a product or a filter."""

    kind: Literal["acted"] = "acted"
    query_id: Id
    application: Literal["shop", "api"]
    action: Action
    object_id: Annotated[str, StringConstraints(min_length=1, max_length=600)]
    position: Position = 0
    team: Literal["", "a", "b"] = ""  # whose pick the product was, on a page that interleaved two orders


class Erased(_Message):
    """That a session is to be deleted."""

    kind: Literal["erased"] = "erased"


Message = Annotated[Shown | Acted | Erased, Field(discriminator="kind")]

_MESSAGE: TypeAdapter[Shown | Acted | Erased] = TypeAdapter(Message)


def read_message(data: object) -> Shown | Acted | Erased | None:
    """Read a message that anybody may have written; None if it isn't one."""
    try:
        message = _MESSAGE.validate_python(data)
        day_of(message.session_id)
    except (ValidationError, ValueError):
        return None
    return message


def day_of(session_id: str) -> dt.date:
    """Return the day on which a session began.

    Raises
    ------
    ValueError
        The id doesn't begin with one.
    """
    return dt.datetime.strptime(session_id[:8], "%Y%m%d").replace(tzinfo=dt.UTC).date()


def query_document(shown: Shown) -> dict[str, Any]:
    """Build the document of a query from its first page."""
    return {
        **_common(shown),
        **_of_query(shown),
        "object_id_field": "id",
        "query_response_hit_ids": list(shown.ids),
        "results": shown.results,
        "actions": [REDIRECT] if shown.redirect else [],
    }


def event_documents(message: Shown | Acted, of_query: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Build the documents of events, each with its id: the same for the same thing under the same query.

    Parameters
    ----------
    of_query : mapping
        `user_query` and `query_attributes` of the query, as far as they are known.
    """
    common = {
        **_common(message),
        **{name: of_query[name] for name in ("user_query", "query_attributes") if name in of_query},
    }
    if isinstance(message, Acted):
        field = "filter" if message.action == FILTER else "id"
        name, event = _event(common, message.action, field, (message.object_id,), (message.position,))
        if message.team:
            event["event_attributes"]["team"] = message.team
        yield name, event
        return
    if message.ids:
        places = range(message.first, message.first + len(message.ids))
        yield _event(common, "impression", "id", message.ids, tuple(places))
    if message.refines:
        refined = {**common, "query_id": message.refines, "message": message.words}
        for name in ("user_query", "query_attributes"):
            refined.pop(name, None)
        yield _event(refined, REFINE, "query_id", (message.query_id,), (0,))


def outcomes(messages: Sequence[Shown | Acted]) -> dict[tuple[dt.date, str], tuple[list[str], str]]:
    """Return what was done after each query, by the day of its session and its id: the actions, and the next words."""
    found: dict[tuple[dt.date, str], tuple[list[str], str]] = {}
    for message in messages:
        if isinstance(message, Acted):
            key, action, refined_to = (message.day, message.query_id), str(message.action), ""
        elif message.refines:
            key, action, refined_to = (message.day, message.refines), REFINE, message.words
        else:
            continue
        actions, words = found.get(key, ([], ""))
        found[key] = ([*actions, action] if action not in actions else actions, words or refined_to)
    return found


def exported(source: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Iterate over the events that the schema has for a document: one for each product of a page."""
    attributes = source["event_attributes"]
    ids, ordinals = attributes["object"]["object_id"], attributes["position"]["ordinal"]
    for object_id, ordinal in zip(ids, ordinals, strict=True):
        thing = {**attributes["object"], "object_id": object_id}
        yield {**source, "event_attributes": {"object": thing, "position": {"ordinal": ordinal}}}


def of_query(shown: Shown) -> dict[str, Any]:
    """Return what events repeat of their query."""
    return _of_query(shown)


def _of_query(shown: Shown) -> dict[str, Any]:
    words = query_text(shown.words)
    attributes = {name: list(v) if isinstance(v, tuple) else v for name, v in shown.attributes.items()}
    return ({"user_query": words} if words else {}) | {"query_attributes": attributes}


def _common(message: Shown | Acted) -> dict[str, Any]:
    return {
        "application": message.application,
        "query_id": message.query_id,
        "session_id": message.session_id,
        "client_id": message.application,  # the schema asks for one; a browser has none here
        "timestamp": message.timestamp,
    }


def _event(
    common: Mapping[str, Any], action: str, field: str, ids: Sequence[str], ordinals: Sequence[int]
) -> tuple[str, dict[str, Any]]:
    placements = [f"{ordinal} {object_id}" for object_id, ordinal in zip(ids, ordinals, strict=True)]
    attributes: dict[str, Any] = {
        "object": {"object_id": list(ids), "object_id_field": field},
        "position": {"ordinal": list(ordinals)},
    }
    if field == "id":
        attributes["placement"] = placements
    parts = [common["session_id"], common["query_id"], action, *(placements if action == "impression" else ids)]
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
    return name, {**common, "action_name": action, "event_attributes": attributes}


def index_kinds(day: dt.date) -> tuple[str, str]:
    """Return the kinds of the indices that hold the queries, and the events, of sessions that began on a day."""
    return es_ubi.week(es_ubi.QUERIES, day), es_ubi.week(es_ubi.EVENTS, day)
