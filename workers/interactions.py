"""Write what shoppers ask and do to Elasticsearch, in batches."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import cache

from indexer.elastic.containment import bisect_on_error
from indexer.relevance.interaction_log import InteractionLog
from indexer.relevance.ubi import Acted, Erased, Shown, read_message
from workers import failures, resources
from workers.app import WRITE_INTERACTIONS
from workers.queues.counters import INTERACTIONS, INTERACTIONS_DROPPED
from workers.queues.interaction_queue import Waiting

log = logging.getLogger(__name__)

_BATCH = 500  # messages per bulk request
_TASK_SECONDS = 20.0  # after which a task ends even if messages keep coming, so that other tasks get their turn
_SETTLED_SECONDS = 5.0  # after which what other processes had still to send of a session is in the queue, too


@cache
def _log() -> InteractionLog:
    return InteractionLog(resources.index())


def write_waiting() -> int:
    """Write all waiting messages, and return how many left the queue.

    While Elasticsearch takes none they stay in the queue, which is bounded; the scheduler has them tried again.
    """
    queues, written, end = resources.queues(), 0, time.monotonic() + _TASK_SECONDS
    queues.tasks.acknowledge(WRITE_INTERACTIONS)
    while waiting := _due(queues.interactions.oldest(_BATCH)):
        try:
            sum(bisect_on_error(_write, waiting, _give_up))
        except Exception as error:
            if not failures.is_transient(error):
                raise
            log.warning("what shoppers did is written later: %s", failures.explain(error))
            queues.counters.count("failures", failures.reason(error))
            break
        queues.interactions.remove(waiting)
        written += len(waiting)
        if time.monotonic() > end:
            queues.tasks.wake(WRITE_INTERACTIONS)
            break
    return written


def _due(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return the messages before a deletion that has to wait for the last ones of its session."""
    due: list[Waiting] = []
    for item in waiting:
        if item.age < _SETTLED_SECONDS and isinstance(read_message(item.message), Erased):
            break
        due.append(item)
    return due


def _write(waiting: Sequence[Waiting]) -> int:
    """Write a batch in its order, and return how much of it was dropped."""
    messages = [read_message(item.message) for item in waiting]
    dropped, batch = messages.count(None), list[Shown | Acted]()
    for message in messages:
        if isinstance(message, Erased):
            dropped += _log().write(batch)
            batch = []
            _log().erase(message.session_id)
        elif message:
            batch.append(message)
    dropped += _log().write(batch)
    counters = resources.queues().counters
    counters.count(INTERACTIONS, "", len(messages) - dropped)
    counters.count(INTERACTIONS_DROPPED, "unreadable", dropped)
    return dropped


def _give_up(item: Waiting, error: Exception) -> int:
    log.error("what a shopper did can't be written", exc_info=error)  # without what it was
    resources.queues().counters.count(INTERACTIONS_DROPPED, "unreadable")
    return 1
