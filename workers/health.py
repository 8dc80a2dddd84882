"""Whether a worker does its work: one of its task processes answers a task.

``celery inspect ping`` is answered by the main process, even if no task process ever comes up.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

import click
from celery.utils.nodenames import worker_direct

from indexer.settings import Settings
from workers.app import CHECK_HEALTH, TIME_LIMIT, app
from workers.errors import RedisUnavailableError
from workers.queues import keys
from workers.queues.connection import COMMAND
from workers.queues.handle import Queues

_PING_SECONDS = 10.0


def answer(queues: Queues, reply_to: str) -> None:
    """Answer a health check from this process."""
    queues.replies.put(reply_to, {"answered": time.time()})


def problem_of(worker: str, queues: Queues, seconds: float) -> str | None:
    """Return what is wrong with a worker, or None.

    Parameters
    ----------
    worker : str
        Its node name, such as ``celery@host``.
    seconds : float
        How long one of its task processes may take to answer. Those that are busy with something else count as
        well until Celery kills them for it.

    Raises
    ------
    RedisUnavailableError
        Redis is down, so that nobody can be asked.
    """
    if not app.control.ping(destination=[worker], timeout=_PING_SECONDS):
        return f"{worker} does not answer"
    reply_to = keys.health_reply(secrets.token_hex(16))
    queues.tasks.send(CHECK_HEALTH, [reply_to], queue=worker_direct(worker), expires=seconds)
    if queues.replies.wait(reply_to, seconds):
        return None
    active: dict[str, Any] = app.control.inspect(destination=[worker], timeout=_PING_SECONDS).active() or {}
    began = [task["time_start"] for tasks in active.values() for task in tasks if task["time_start"]]
    if began and time.time() - min(began) < TIME_LIMIT:
        return None
    return f"{worker}: no task process answers within {seconds:g} s, and none is busy"


@click.command()
@click.argument("worker")
@click.option("--seconds", type=click.FloatRange(min=1), default=20.0, show_default=True, help="To wait for an answer.")
def main(worker: str, seconds: float) -> None:
    """Check that a worker (its node name, such as celery@host) does its work."""
    try:
        with Queues.open(Settings.from_environment(), COMMAND) as queues:
            problem = problem_of(worker, queues, seconds)
    except RedisUnavailableError as error:
        raise click.ClickException(str(error)) from error
    if problem:
        raise click.ClickException(problem)
    click.echo(f"{worker} works")


if __name__ == "__main__":
    main()
