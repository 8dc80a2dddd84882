"""What shoppers ask and do: written once however often it is sent, read by reports and click models, and deleted."""

import datetime as dt
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from indexer.cli.main import main
from indexer.elastic.product_index import ProductIndex
from indexer.relevance import ubi
from indexer.relevance.interaction_log import InteractionLog
from indexer.relevance.interactions import Interaction
from indexer.relevance.query_report import QueryReports
from indexer.relevance.ubi import Acted, Erased, Shown
from indexer.settings import Settings
from workers import housekeeping, interactions, resources
from workers.errors import QueueFullError
from workers.queues.handle import Queues
from workers.queues.interaction_queue import InteractionQueue

NOW = dt.datetime.now(dt.UTC)
TODAY, DAY = NOW.date(), NOW.strftime("%Y%m%d")


@pytest.fixture
def index(client: Elasticsearch, settings: Settings) -> Iterator[ProductIndex]:
    index = ProductIndex(client, f"{settings.index_name}-asked-{secrets.token_hex(4)}")
    yield index
    if names := list(client.indices.get(index=index.store("*")).body):
        client.indices.delete(index=names)


@pytest.fixture
def queue(settings: Settings, index: ProductIndex) -> Iterator[InteractionQueue]:
    with redis.Redis.from_url(settings.redis_url) as server:
        yield InteractionQueue(server, index.alias)
        server.delete(f"{index.alias}:interactions")


class _Visit:
    """A visit of one shopper."""

    def __init__(self) -> None:
        self.session_id = f"{DAY}-{secrets.token_urlsafe(9)}"
        self.messages: list[Shown | Acted] = []
        self._last = ""

    def ask(self, words: str, ids: tuple[str, ...] = ("d1", "d2", "d3"), **fields: Any) -> str:
        """Ask for words, at once after the last ones, and return the query's id."""
        query_id = f"{DAY}-{secrets.token_urlsafe(18)}"
        shown = Shown(
            session_id=self.session_id, at=NOW.timestamp(), query_id=query_id, application="shop", words=words,
            ids=ids, refines=self._last, **{"results": len(ids), **fields},
        )  # fmt: skip
        self.messages.append(shown)
        self._last = query_id
        return query_id

    def do(self, action: Any, query_id: str, object_id: str, position: int = 0) -> None:
        """Do something with a product or a filter."""
        acted = Acted(
            session_id=self.session_id, at=NOW.timestamp(), query_id=query_id, application="shop", action=action,
            object_id=object_id, position=position,
        )  # fmt: skip
        self.messages.append(acted)


def _shop(log: InteractionLog) -> list[_Visit]:
    """Record three visits: two click, one finds nothing and tries other words."""
    visits = [_Visit() for _ in range(3)]
    for visit in visits[:2]:
        query_id = visit.ask("Red  dress", attributes={"filter": ("color:red",)})
        visit.do(ubi.CLICK, query_id, "d2", 2)
        visit.do(ubi.FILTER, query_id, "color:red")
    visits[0].do(ubi.CART, visits[0].messages[0].query_id, "d2", 2)
    visits[0].do(ubi.ORDER, visits[0].messages[0].query_id, "d2", 2)
    visits[1].do(ubi.LIKE, visits[1].messages[0].query_id, "d3", 3)
    visits[2].ask("rde dress", ())
    visits[2].ask("red dress")
    for visit in visits:
        assert log.write(visit.messages) == 0
    log._client.indices.refresh(index=[log.queries, log.events])
    return visits


def test_interactions_are_counted_by_day_query_product_and_position(index: ProductIndex) -> None:
    log = InteractionLog(index)
    visits = _shop(log)
    for visit in visits:  # a worker may send a batch again
        assert log.write(visit.messages) == 0
    index.client.indices.refresh(index=[log.queries, log.events])
    assert list(log.interactions(TODAY, TODAY)) == [
        Interaction(TODAY, "red dress", "d1", 1, impressions=3),
        Interaction(TODAY, "red dress", "d2", 2, impressions=3, clicks=2, carts=1, orders=1),
        Interaction(TODAY, "red dress", "d3", 3, impressions=3, likes=1),
    ]
    assert list(log.interactions(TODAY - dt.timedelta(days=7), TODAY - dt.timedelta(days=1))) == []


def test_what_is_done_later_is_counted_under_its_query_s_words(index: ProductIndex) -> None:
    log, visit = InteractionLog(index), _Visit()
    query_id = visit.ask("coat")
    log.write(visit.messages)
    visit.messages.clear()
    visit.do(ubi.CLICK, query_id, "d1", 1)
    visit.do(ubi.CLICK, f"{DAY}-{secrets.token_urlsafe(18)}", "d1", 1)  # its query was lost on the way
    assert log.write(visit.messages) == 0
    index.client.indices.refresh(index=log.events)
    counted = list(log.interactions(TODAY, TODAY))
    assert [(row.query, row.clicks) for row in counted if row.product_id == "d1"] == [("", 1), ("coat", 1)]


def test_a_report_says_what_was_asked_and_what_came_of_it(index: ProductIndex) -> None:
    _shop(InteractionLog(index))
    report = QueryReports(index).read(TODAY - dt.timedelta(days=6), TODAY)
    assert [day for day, _ in report.days] == [TODAY - dt.timedelta(days=n) for n in range(6, -1, -1)]
    assert report.days[-1][1] == report.total
    assert report.total.searches == 4
    assert report.total.click_rate == 0.5
    top, *_ = report.rankings["top"]
    assert (top.words, top.counts.searches, top.counts.clicked, top.counts.without_clicks) == ("red dress", 3, 2, 1)
    assert (top.counts.bagged, top.counts.ordered, top.counts.liked, top.counts.filtered) == (1, 1, 1, 2)
    assert top.filters == ("color:red",)
    [nothing] = report.rankings["without_results"]
    assert (nothing.words, nothing.counts.without_results, nothing.refined_to) == ("rde dress", 1, ("red dress",))
    assert [row.words for row in report.rankings["without_clicks"]] == ["red dress"]
    assert [row.words for row in report.rankings["refined"]] == ["rde dress"]
    assert report.filters == [("color:red", 2)]
    assert report.likes == [("d3", 1)]


def test_nothing_recorded_is_an_empty_report(index: ProductIndex) -> None:
    report = QueryReports(index).read(TODAY, TODAY)
    assert report.total.searches == 0
    assert all(not rows for rows in report.rankings.values())
    assert list(InteractionLog(index).interactions(TODAY, TODAY)) == []


def test_a_query_that_a_rule_leads_elsewhere_is_no_failure(index: ProductIndex) -> None:
    log, visit = InteractionLog(index), _Visit()
    visit.ask("returns", (), redirect=True)
    log.write(visit.messages)
    index.client.indices.refresh(index=log.queries)
    total = QueryReports(index).read(TODAY, TODAY).total
    assert (total.searches, total.without_results, total.without_clicks) == (1, 0, 0)


def test_commands_report_and_export(index: ProductIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _shop(InteractionLog(index))
    monkeypatch.setenv("INDEX_NAME", index.alias)
    # Two days, because it may be after midnight by now.
    reported = CliRunner().invoke(main, ["queries", "report", "--days", "2"])
    assert reported.exit_code == 0, reported.output
    assert "4 searches, 50% clicked, 1 without results" in reported.output
    assert "rde dress" in reported.output
    exported = CliRunner().invoke(main, ["queries", "export", "--days", "2", "--to", str(tmp_path)])
    assert exported.exit_code == 0, exported.output
    events = [json.loads(line) for line in (tmp_path / "ubi_events.jsonl").read_text().splitlines()]
    shown = [event["event_attributes"] for event in events if event["action_name"] == "impression"]
    assert len(shown) == 9  # one for each product of each page
    assert all(isinstance(attributes["object"]["object_id"], str) for attributes in shown)
    assert {event["action_name"] for event in events} == {
        "impression", "click", "filter", "add_to_cart", "purchase", "like", "refine",
    }  # fmt: skip
    queries = [json.loads(line) for line in (tmp_path / "ubi_queries.jsonl").read_text().splitlines()]
    assert sorted(query["user_query"] for query in queries) == ["rde dress", *["red dress"] * 3]
    counted = [json.loads(line) for line in (tmp_path / "interactions.jsonl").read_text().splitlines()]
    assert sum(row["impressions"] for row in counted) == 9


def test_a_session_is_deleted_and_the_others_stay(index: ProductIndex) -> None:
    log = InteractionLog(index)
    one, *others = _shop(log)
    kept = log.of_session(one.session_id)
    assert [query["user_query"] for query in kept["queries"]] == ["red dress"]
    assert len(kept["events"]) == 5  # impressions, click, filter, cart, order
    log.erase(one.session_id)
    assert log.of_session(one.session_id) == {"queries": [], "events": []}
    assert all(log.of_session(visit.session_id)["queries"] for visit in others)
    log.erase(f"20200101-{secrets.token_urlsafe(9)}")  # of a week that is gone


def test_weeks_expire_whole(index: ProductIndex) -> None:
    log = InteractionLog(index)
    _shop(log)
    names = set(index.client.indices.get(index=index.store("ubi-*")).body)
    assert len(names) == 2
    monday = TODAY - dt.timedelta(days=TODAY.weekday())
    assert log.expire(7, monday + dt.timedelta(days=6)) == 0
    assert log.expire(7, monday + dt.timedelta(days=7)) == 2
    assert not index.client.indices.get(index=index.store("ubi-*")).body


def test_the_queue_is_bounded_and_takes_all_or_none(queue: InteractionQueue) -> None:
    queue.add([{"n": 1}, {"n": 2}], limit=3)
    with pytest.raises(QueueFullError, match="3 messages"):
        queue.add([{"n": 3}, {"n": 4}], limit=3)
    assert [waiting.message for waiting in queue.oldest(10)] == [{"n": 1}, {"n": 2}]
    queue.remove(queue.oldest(1))
    assert queue.depth() == 1


def test_a_worker_writes_what_it_can_read_and_deletes_once_the_session_is_settled(
    index: ProductIndex, queue: InteractionQueue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interactions, "_log", lambda: InteractionLog(index))
    monkeypatch.setattr(interactions, "_SETTLED_SECONDS", 0.0)
    queues = Queues.open(settings.model_copy(update={"index_name": index.alias}))
    monkeypatch.setattr(resources, "queues", lambda: queues)
    one, other = _Visit(), _Visit()
    one.do(ubi.CLICK, one.ask("red dress"), "d1", 1)
    other.ask("coat")
    valid = [message.model_dump(mode="json") for visit in (one, other) for message in visit.messages]
    queue.add([*valid, {"kind": "shown"}, {"session_id": "../x", "kind": "erased", "at": 1}])
    assert interactions.write_waiting() == 5
    assert queue.depth() == 0
    log = InteractionLog(index)
    index.client.indices.refresh(index=[log.queries, log.events])
    assert len(log.of_session(one.session_id)["events"]) == 2
    counts = queues.counters.read()
    assert counts["interactions", ""] == 3
    assert counts["interactions_dropped", "unreadable"] == 2

    queue.add([Erased(session_id=one.session_id, at=NOW.timestamp()).model_dump(mode="json")])
    monkeypatch.setattr(interactions, "_SETTLED_SECONDS", 3_600.0)
    assert interactions.write_waiting() == 0  # other processes may still send of it
    monkeypatch.setattr(interactions, "_SETTLED_SECONDS", 0.0)
    assert interactions.write_waiting() == 1
    assert log.of_session(one.session_id) == {"queries": [], "events": []}
    assert log.of_session(other.session_id)["queries"]
    with redis.Redis.from_url(settings.redis_url) as server:
        server.delete(f"{index.alias}:counters")
    queues.close()


def test_while_elasticsearch_takes_nothing_all_of_it_waits(
    index: ProductIndex, queue: InteractionQueue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, visit = InteractionLog(index), _Visit()
    visit.ask("coat")
    log.write(visit.messages)
    monkeypatch.setattr(interactions, "_log", lambda: log)
    queues = Queues.open(settings.model_copy(update={"index_name": index.alias}))
    monkeypatch.setattr(resources, "queues", lambda: queues)
    index.client.indices.put_settings(index=log.queries, settings={"index.blocks.write": True})
    visit.ask("red dress")
    queue.add([message.model_dump(mode="json") for message in visit.messages])
    assert interactions.write_waiting() == 0
    assert queue.depth() == 2
    index.client.indices.put_settings(index=log.queries, settings={"index.blocks.write": None})
    assert interactions.write_waiting() == 2
    index.client.indices.refresh(index=log.queries)
    asked = {query["user_query"] for query in log.of_session(visit.session_id)["queries"]}
    assert asked == {"coat", "red dress"}
    with redis.Redis.from_url(settings.redis_url) as server:
        server.delete(f"{index.alias}:counters")
    queues.close()


def test_the_scheduler_has_waiting_messages_written(
    index: ProductIndex, queue: InteractionQueue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues, woken = Queues.open(settings.model_copy(update={"index_name": index.alias})), list[str]()
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(type(queues.tasks), "wake", lambda _, task: woken.append(task))
    queue.add([{"n": 1}])
    housekeeping.wake()
    assert woken == ["workers.write_interactions"]
    queues.close()
