"""The worker processes of a shop on one machine, for the demo and the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from demo.processes import Child, start_child

# One process loads the models, because a model uses all cores by itself.
_QUEUES = {
    "embedder": ("--queues", "interactive,embedding", "--concurrency", "1"),
    "writer": ("--queues", "writing,housekeeping", "--concurrency", "2"),
}


def start_workers(folder: Path, app: str = "workers.app") -> Iterator[Child]:
    """Start the workers, with their logs in a folder; the caller stops them."""
    for name, options in _QUEUES.items():
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-n", f"{name}@%h", "-l", "INFO", *options]
        yield start_child(name, command, folder / f"{name}.log")
