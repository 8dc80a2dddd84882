"""What a running ``make demo`` uses, so that the command line finds it."""

from __future__ import annotations

import fcntl
import os
import shlex
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

VARIABLES = ("ELASTICSEARCH_URL", "REDIS_URL", "INDEX_NAME", "IMAGE_ROOTS")
_FILE = Path(__file__).resolve().parents[2] / ".data" / "env"
_EXPORT = "export "
# Works in any catalogue, after the line of `export_line`.
RAW_QUERY = (
    """curl -s "$ELASTICSEARCH_URL/$INDEX_NAME/_search?pretty" -H 'content-type: application/json' """
    """-d '{"size": 3, "sort": {"price": "asc"}, "_source": ["title", "price"]}'"""
)


def export_line(environment: MutableMapping[str, str]) -> str:
    """Return the line that sets in a shell what the demo uses."""
    return _EXPORT + " ".join(f"{name}={shlex.quote(environment[name])}" for name in VARIABLES)


@contextmanager
def announced(path: Path, environment: MutableMapping[str, str]) -> Iterator[None]:
    """Keep in a file what the demo uses, until the context ends; the lock on it ends however the process does."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # an address can hold a password
    with os.fdopen(descriptor, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(export_line(environment) + "\n")
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def use_running_demo(environment: MutableMapping[str, str] = os.environ, path: Path = _FILE) -> None:
    """Take from a running demo what the environment doesn't set, if it sets nothing of it, and say so."""
    if any(name in environment for name in VARIABLES):
        return
    try:
        with path.open() as file:
            if not _is_locked(file.fileno()):
                return  # left by a demo that was killed
            words = shlex.split(file.read().removeprefix(_EXPORT))
    except OSError:
        return
    variables = dict(word.split("=", 1) for word in words if word.partition("=")[0] in VARIABLES)
    if len(variables) < len(VARIABLES):
        return  # the demo is about to write it
    environment.update(variables)
    print(f"Using the running demo, index {variables['INDEX_NAME']} ({path})", file=sys.stderr)  # noqa: T201


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
