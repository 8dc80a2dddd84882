"""The handle of everything a shop keeps in Redis, opened once from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import TracebackType

import redis

from indexer.settings import Settings
from workers.queues.connection import WORKER, Patience, connect, translated
from workers.queues.counters import Counters
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import EventQueue
from workers.queues.frequent_searches import FrequentSearches
from workers.queues.replies import Replies
from workers.queues.schedule import Schedule
from workers.queues.stalls import Stalls
from workers.queues.task_queues import TaskQueues
from workers.queues.values import ExpiringValues

_REPLY = 60.0  # seconds that a connection may wait for one answer: longer than any shopper waits


@dataclass(frozen=True)
class Queues:
    """A shop's queues and everything else it keeps in Redis. README.md in this folder lists all keys.

    Attributes
    ----------
    events : EventQueue
        Catalogue events to be written.
    embedding : EmbeddingQueue
        Products to be embedded.
    tasks : TaskQueues
        Celery's queues, through which workers are woken.
    counters : Counters
        Counts, for metrics.
    stalls : Stalls
        Why queues wait.
    schedule : Schedule
        Which worker sends the periodic tasks, and when each was sent.
    values : ExpiringValues
        Single values that expire.
    replies : Replies
        Workers' answers to waiting processes.
    searches : FrequentSearches
        What shoppers search for often.
    """

    events: EventQueue
    embedding: EmbeddingQueue
    tasks: TaskQueues
    counters: Counters
    stalls: Stalls
    schedule: Schedule
    values: ExpiringValues
    replies: Replies
    searches: FrequentSearches
    _clients: tuple[redis.Redis, ...] = field(repr=False)

    @classmethod
    def open(cls, settings: Settings, patience: Patience = WORKER) -> Queues:
        """Build the clients from the settings. Nothing is sent yet."""
        client, alias = connect(settings.redis_url, patience), settings.index_name
        waiting = connect(settings.redis_url, replace(patience, answer=max(_REPLY, patience.answer)))
        return cls(
            events=EventQueue(client, alias, settings.queue_limit),
            embedding=EmbeddingQueue(client, alias),
            tasks=TaskQueues(client, alias),
            counters=Counters(client, alias),
            stalls=Stalls(client, alias),
            schedule=Schedule(client, alias),
            values=ExpiringValues(client),
            replies=Replies(waiting),
            searches=FrequentSearches(client, alias),
            _clients=(client, waiting),
        )

    @translated()
    def ping(self) -> None:
        """Raise `RedisUnavailableError` unless Redis answers."""
        self._clients[0].ping()

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def __enter__(self) -> Queues:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
