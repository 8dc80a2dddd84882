"""The handle of everything a shop keeps in Redis, opened once from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Any

import redis

from indexer.settings import Settings
from workers.queues.co_purchases import CoPurchases
from workers.queues.connection import WORKER, Patience, connect, translated
from workers.queues.counters import Counters
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import EventQueue
from workers.queues.frequent_searches import FrequentSearches
from workers.queues.interaction_queue import InteractionQueue
from workers.queues.latencies import REDIS, Latencies
from workers.queues.loading_progress import LoadingProgress
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
    latencies : Latencies
        How long things take, for metrics.
    stalls : Stalls
        Why queues wait.
    loading : LoadingProgress
        How far the first load of the shop is.
    schedule : Schedule
        Which worker sends the periodic tasks, and when each was sent.
    values : ExpiringValues
        Single values that expire.
    replies : Replies
        Workers' answers to waiting processes.
    searches : FrequentSearches
        What shoppers search for often.
    co_purchases : CoPurchases
        What is ordered together.
    interactions : InteractionQueue
        What shoppers ask and do, to be written.
    """

    events: EventQueue
    embedding: EmbeddingQueue
    tasks: TaskQueues
    counters: Counters
    latencies: Latencies
    stalls: Stalls
    loading: LoadingProgress
    schedule: Schedule
    values: ExpiringValues
    replies: Replies
    searches: FrequentSearches
    co_purchases: CoPurchases
    interactions: InteractionQueue
    _clients: tuple[redis.Redis, ...] = field(repr=False)

    @classmethod
    def open(cls, settings: Settings, patience: Patience = WORKER) -> Queues:
        """Build the clients from the settings. Nothing is sent yet."""
        alias, plain = settings.index_name, connect(settings.redis_url, patience)
        latencies = Latencies(Counters(plain, alias))
        client = connect(settings.redis_url, patience, partial(latencies.measured, REDIS))
        waiting = connect(settings.redis_url, replace(patience, answer=max(_REPLY, patience.answer)))
        values = ExpiringValues(client)
        return cls(
            events=EventQueue(client, alias, settings.queue_limit),
            embedding=EmbeddingQueue(client, alias),
            tasks=TaskQueues(client, alias),
            counters=Counters(client, alias),
            latencies=latencies,
            stalls=Stalls(client, alias),
            loading=LoadingProgress(values, alias),
            schedule=Schedule(client, alias),
            values=values,
            replies=Replies(waiting),
            searches=FrequentSearches(client, alias),
            co_purchases=CoPurchases(client, alias),
            interactions=InteractionQueue(client, alias),
            _clients=(client, waiting, plain),
        )

    @translated()
    def ping(self) -> None:
        """Raise `RedisUnavailableError` unless Redis answers."""
        self._clients[0].ping()

    @translated()
    def server(self) -> dict[str, Any]:
        """Return what Redis says of itself: version, memory, persistence, replication."""
        return dict(self._clients[0].info())

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
