"""The worker processes of a shop on one machine, for the demo and the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from demo.processes import Child, start_child

# One process loads the models, because a model uses all cores by itself.
_QUEUES = {
    "embedder": ("--queues", "interactive,embedding", "--concurrency", "1"),
    "writer": ("--exclude-queues", "interactive,embedding", "--concurrency", "2"),
}


def commands(app: str) -> dict[str, list[str]]:
    """Return the command of each worker, by its name."""
    celery = [sys.executable, "-m", "celery", "-A", app, "worker", "-l", "INFO"]
    return {name: [*celery, "-n", f"{name}@%h", *options] for name, options in _QUEUES.items()}


def start_workers(folder: Path, app: str = "workers.app") -> Iterator[Child]:
    """Start the workers, with their logs in a folder; the caller stops them."""
    for name, command in commands(app).items():
        yield start_child(name, command, folder / f"{name}.log")
