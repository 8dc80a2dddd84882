"""The store of what shoppers ask and do: written by workers, read by reports, click models and exports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, cast

from elasticsearch import NotFoundError
from elasticsearch.helpers import scan

from es_mappings.stores import ubi as es_ubi
from indexer.elastic.client import accepts_later, bulk, make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.relevance import ubi
from indexer.relevance.interactions import ACTIONS, Interaction
from indexer.relevance.ubi import Acted, Shown

_IGNORED = {404, 409}  # its query was dropped on the way, or it was written before

_SOURCES = ("day", "query", "placement", "like", "action")  # of `es_ubi.placements`

Action = dict[str, Any]


class InteractionLog:
    """What was recorded of one shop, in indices of a week each."""

    def __init__(self, index: ProductIndex) -> None:
        self._index, self._client = index, index.client
        self.queries, self.events = index.store(f"{es_ubi.QUERIES}-*"), index.store(f"{es_ubi.EVENTS}-*")

    def write(self, messages: Sequence[Shown | Acted]) -> int:
        """Write messages, and return how many documents Elasticsearch refused; writing them again changes nothing.

        Raises
        ------
        IndexStateError
            Elasticsearch accepts them later.
        """
        for day in {message.day.isocalendar()[:2]: message.day for message in messages}.values():
            queries, events = self._names(day)
            make_index(self._client, queries, es_ubi.queries_mapping())
            make_index(self._client, events, es_ubi.events_mapping())
        refused = 0
        for failure in bulk(self._client, list(self._actions(messages))):
            if failure and accepts_later(failure.status, failure.type):
                raise IndexStateError(f"Elasticsearch doesn't take what shoppers did: {failure.reason}")
            refused += failure is not None and failure.status not in _IGNORED
        return refused

    def erase(self, session_id: str) -> None:
        """Delete what was recorded of a session."""
        names = list(self._names(ubi.day_of(session_id)))
        self._client.options(ignore_status=404).indices.refresh(index=names, ignore_unavailable=True)
        self._client.delete_by_query(
            index=names,
            query=es_ubi.of_session(session_id),
            ignore_unavailable=True,
            conflicts="proceed",
            refresh=True,
        )

    def of_session(self, session_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return what was recorded of a session: its queries and events, oldest first."""
        names, found = self._names(ubi.day_of(session_id)), {}
        for kind, name in zip(("queries", "events"), names, strict=True):
            answer = self._client.search(
                index=name,
                query=es_ubi.of_session(session_id),
                sort=[{"timestamp": "asc"}],
                size=es_ubi.MAX_BUCKETS,
                ignore_unavailable=True,
            )
            found[kind] = [hit["_source"] for hit in answer["hits"]["hits"]]
        return found

    def expire(self, days: int, today: dt.date) -> int:
        """Delete the indices of weeks whose first day is as old as a number of days, and return how many."""
        names = self._client.indices.get(index=[self.queries, self.events], features="aliases").body
        limit = today - dt.timedelta(days=days)
        old = [name for name in names if (first := es_ubi.first_day(name)) and first <= limit]
        if old:
            self._client.options(ignore_status=404).indices.delete(index=old)
        return len(old)

    def interactions(self, start: dt.date, end: dt.date) -> Iterator[Interaction]:
        """Iterate over what was done with each product in each position of each query, by day; both days included."""
        for (day, query, placement, like), rows in groupby(self._placements(start, end), key=lambda row: row[:4]):
            position, _, product_id = placement.partition(" ")
            counts = {action: count for *_, action, count in rows}
            yield Interaction(
                day=dt.date.fromisoformat(day),
                query=query,
                product_id=product_id,
                position=int(position),
                impressions=counts.get("impression", 0),
                clicks=counts.get(ubi.CLICK, 0),
                likes=counts.get(ubi.LIKE, 0),
                carts=counts.get(ubi.CART, 0),
                orders=counts.get(ubi.ORDER, 0),
                like=like,
            )

    def export_queries(self, start: dt.date, end: dt.date) -> Iterator[dict[str, Any]]:
        """Iterate over the queries of some days, as the schema has them, and what came of each."""
        yield from self._documents(self.queries, start, end)

    def export_events(self, start: dt.date, end: dt.date) -> Iterator[dict[str, Any]]:
        """Iterate over the events of some days, as the schema has them."""
        for source in self._documents(self.events, start, end):
            yield from ubi.exported(source)

    def _documents(self, names: str, start: dt.date, end: dt.date) -> Iterator[dict[str, Any]]:
        search = {"query": es_ubi.between(start, end)}
        yield from (hit["_source"] for hit in scan(self._client, index=names, query=search, size=1_000))

    def _placements(self, start: dt.date, end: dt.date) -> Iterator[tuple[str, str, str, str, str, int]]:
        after: dict[str, Any] | None = None
        while True:
            answer = self._client.search(index=self.events, body=es_ubi.placements(start, end, ACTIONS, after))
            page = answer.body.get("aggregations", {}).get("placements", {})  # none at all: nothing was recorded yet
            for bucket in page.get("buckets", []):
                day, query, placement, like, action = (bucket["key"][name] or "" for name in _SOURCES)
                yield day, query, placement, like, action, bucket["doc_count"]
            after = page.get("after_key")
            if after is None:
                return

    def _actions(self, messages: Sequence[Shown | Acted]) -> Iterator[Action]:
        """Iterate over what to write: queries first, then what came of them, then events."""
        for message in messages:
            if isinstance(message, Shown) and message.first == 1:
                index, _ = self._names(message.day)
                yield _create(index, message.query_id, ubi.query_document(message))
        for (day, query_id), (actions, refined_to) in ubi.outcomes(messages).items():
            script = es_ubi.outcome(actions, refined_to)
            update = {"_op_type": "update", "_index": self._names(day)[0], "_id": query_id, "retry_on_conflict": 3}
            yield {**update, "script": script}
        known = self._queries_of(messages)
        for message in messages:
            _, index = self._names(message.day)
            for name, document in ubi.event_documents(message, known.get(message.query_id, {})):
                yield _create(index, name, document)

    def _queries_of(self, messages: Sequence[Shown | Acted]) -> dict[str, dict[str, Any]]:
        """Return what events repeat of their queries, of this batch or of earlier ones."""
        known = {message.query_id: ubi.of_query(message) for message in messages if isinstance(message, Shown)}
        wanted = {(self._names(m.day)[0], m.query_id) for m in messages if m.query_id not in known}
        if not wanted:
            return known
        docs = [{"_index": index, "_id": query_id} for index, query_id in sorted(wanted)]
        try:
            answer = self._client.mget(docs=docs, source_includes=["user_query", "query_attributes"])
        except NotFoundError:
            return known
        return known | {
            doc["_id"]: cast("dict[str, Any]", doc["_source"]) for doc in answer["docs"] if doc.get("found")
        }

    def _names(self, day: dt.date) -> tuple[str, str]:
        queries, events = ubi.index_kinds(day)
        return self._index.store(queries), self._index.store(events)


def _create(index: str, name: str, document: dict[str, Any]) -> Action:
    return {"_op_type": "create", "_index": index, "_id": name, **document}
