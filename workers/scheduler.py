"""Send the periodic tasks. It runs in every worker that consumes housekeeping, but only one at a time sends.

Celery's beat runs in one worker alone, which nothing restarts or replaces. Here the worker that holds a lease in Redis
sends the tasks; when it dies, another takes over within seconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from kombu.exceptions import OperationalError

from indexer.settings import Settings
from workers.app import JUDGE_EXPERIMENT, PRUNE, RECONCILE, SAMPLE_RECALL, SWEEP, WAKE, app
from workers.errors import RedisUnavailableError
from workers.queues.handle import Queues
from workers.queues.schedule import Schedule

log = logging.getLogger(__name__)

_WAKE_SECONDS = 15.0
_PRUNE_SECONDS = 3_600.0
_JUDGE_SECONDS = 1_800.0
_TICK_SECONDS = 1.0


def periods(settings: Settings) -> dict[str, float]:
    """Return the periodic tasks with their periods in seconds."""
    return {
        WAKE: _WAKE_SECONDS,
        RECONCILE: settings.reconcile_seconds,
        PRUNE: _PRUNE_SECONDS,
        JUDGE_EXPERIMENT: _JUDGE_SECONDS,
        SAMPLE_RECALL: settings.reconcile_seconds,
        SWEEP: float(settings.sweep_seconds),
    }


def start() -> None:
    """Start the scheduler in a thread."""
    threading.Thread(target=_run, name="scheduler", daemon=True).start()


def tick(schedule: Schedule, every: Mapping[str, float]) -> list[str]:
    """Send the tasks that are due if this worker holds the lease, and return their names.

    A task that no worker takes within its period expires, because the next one does the same work.
    """
    if not schedule.hold():
        return []
    due = schedule.due(every)
    for task in due:
        app.send_task(task, expires=every[task])
    return due


def _run() -> None:
    settings = Settings.from_environment()
    queues, every = Queues.open(settings), periods(settings)
    while True:
        try:
            tick(queues.schedule, every)
        except (RedisUnavailableError, OperationalError) as error:
            log.warning("periodic tasks not sent: %s", error)
        time.sleep(_TICK_SECONDS)
