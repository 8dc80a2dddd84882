"""Call a worker to a queue: one call for all that has come since the last, not one an entry."""

from __future__ import annotations

import redis
from kombu.exceptions import OperationalError

from workers.app import app

_LAPSES = 5_000  # ms after which a call that nobody heard (an emptied Redis, a lost worker) is made again


def call(client: redis.Redis, alias: str, task: str, *, after: float = 0) -> bool:
    """Have a worker look at a queue, unless one is called already; say whether it is.

    What waits is in the queue, not in the call: a call that is lost costs no more than the time until the next, which
    beat makes (`workers.wake`).

    Parameters
    ----------
    after : float
        Seconds from now; a call for later is always made.
    """
    try:
        if after or client.set(_flag(alias, task), 1, nx=True, px=_LAPSES):
            app.send_task(task, countdown=after or None)
    except (redis.RedisError, OperationalError):
        return False
    return True


def heard(client: redis.Redis, alias: str, task: str) -> None:
    """Note that the call was heard: what comes from now on needs another."""
    client.delete(_flag(alias, task))


def _flag(alias: str, task: str) -> str:
    return f"{alias}:called:{task}"
