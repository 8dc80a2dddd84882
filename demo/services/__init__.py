"""Real servers for `make demo` and `make test`, on any machine.

Each server comes up by the first of these ways that can be taken: the address that the settings give, Docker Compose,
a process of this machine. Each way that can't be taken says why.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from demo.services import compose as docker
from demo.services import elasticsearch, embedded, redis
from demo.services.cache import locked
from demo.services.embedded import Ready
from demo.services.place import POINTER, remove_elsewhere
from demo.services.probe import elasticsearch_ready, given, redis_version
from demo.services.service import STATE_FILE, Say, Service, ServiceError, State, UnavailableError, load_state

__all__ = ["Service", "ServiceError", "remove_data", "start_elasticsearch", "start_redis", "stop_started"]

LOCK_FILE = "service.lock"


def start_elasticsearch(
    folder: Path, *, url: str | None = None, heap: str = "1g", compose: bool = True, say: Say = print
) -> Service:
    """Return an Elasticsearch that answers, started if need be.

    Parameters
    ----------
    folder
        Where an embedded one keeps its data, settings and logs.
    url
        The address that the settings give. That server is used then, and nothing is started.
    heap
        Java heap of an embedded one, such as `1g` or `512m`.
    compose
        Whether Docker Compose may be used.
    say
        Told each step and why a way was not taken, a line each.

    Raises
    ------
    ServiceError
        No way worked, or the server at `url` does not answer.
    """
    return _start(
        "Elasticsearch",
        folder,
        url,
        compose,
        say,
        elasticsearch_ready,
        lambda: elasticsearch.start_embedded(folder.resolve(), heap, say),
    )


def start_redis(
    folder: Path, *, url: str | None = None, appendonly: bool = True, compose: bool = True, say: Say = print
) -> Service:
    """Return a Redis that answers, started if need be.

    Parameters
    ----------
    folder
        Where an embedded one keeps its data and log.
    url
        The address that the settings give. That server is used then, and nothing is started.
    appendonly
        Whether an embedded one writes each change to disk, so that queues outlive it.
    compose
        Whether Docker Compose may be used.
    say
        Told each step and why a way was not taken, a line each.

    Raises
    ------
    ServiceError
        No way worked, or the server at `url` does not answer.
    """
    return _start(
        "Redis",
        folder,
        url,
        compose,
        say,
        redis_version,
        lambda: redis.start_embedded(folder.resolve(), appendonly, say),
    )


def stop_started(folder: Path) -> State | None:
    """Stop the server that was started on a data folder, by whichever run.

    Returns
    -------
    State | None
        What was stopped, None where nothing ran.
    """
    state = load_state(folder)
    if state is None:
        return None
    with locked(folder / LOCK_FILE):
        if not state.compose:
            return embedded.stop_running(folder)
        docker.stop(state.compose)
        (folder / STATE_FILE).unlink(missing_ok=True)
        return state


def remove_data(folder: Path) -> None:
    """Stop the servers that still run on a folder or on folders in it, then remove it and all their data.

    The volumes of the compose stack are not touched: `docker compose down --volumes` removes those.
    """
    if not folder.is_dir():
        return
    for state in sorted(folder.rglob(STATE_FILE)):
        stop_started(state.parent)
    for pointer in sorted(folder.rglob(POINTER)):
        remove_elsewhere(pointer.parent)
    shutil.rmtree(folder)


def _start(
    name: str, folder: Path, url: str | None, compose: bool, say: Say, ready: Ready, start: Callable[[], Service]
) -> Service:
    if url:
        return given(name, url)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / LOCK_FILE):
        found = embedded.running(folder, ready, say)
        if found is not None:
            return found
        if compose:
            try:
                return docker.start(name, folder, say)
            except UnavailableError as error:
                say(f"{name}: not by Docker, {error}")
        return start()
