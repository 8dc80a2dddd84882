"""Real servers for `make demo` and `make test`, on any machine.

Each server is provided in the first of these ways that works: the address in the settings, Docker Compose, a process of
this machine. Ways that don't work report why.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from demo.services import compose as docker
from demo.services import elasticsearch, embedded, redis
from demo.services.cache import locked
from demo.services.embedded import Ready
from demo.services.place import POINTER, remove_elsewhere
from demo.services.probe import configured, elasticsearch_ready, redis_version
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
        Folder for an embedded server's data, settings and logs.
    url
        Address from the settings. If there is one, that server is used and nothing is started.
    heap
        Java heap of an embedded server, such as `1g` or `512m`.
    compose
        Whether Docker Compose may be used.
    say
        Called with a line for each step and each way that didn't work.

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
        Folder for an embedded server's data and log.
    url
        Address from the settings. If there is one, that server is used and nothing is started.
    appendonly
        Whether an embedded server writes each change to disk, so that queues outlive it.
    compose
        Whether Docker Compose may be used.
    say
        Called with a line for each step and each way that didn't work.

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
    """Stop the server that this or an earlier run started on a data folder.

    Returns
    -------
    State | None
        The stopped server, None if none ran.
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
    """Stop the servers that run on a folder or on folders in it, then remove it and all their data.

    The volumes of the compose stack stay; `docker compose down --volumes` removes them.
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
        return configured(name, url)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / LOCK_FILE):
        service = embedded.running(folder, ready, say)
        if service is not None:
            return service
        if compose:
            try:
                return docker.start(name, folder, say)
            except UnavailableError as error:
                say(f"{name}: not using Docker: {error}")
        return start()
