"""The worker processes of a shop on one machine, for the demo and the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from demo.processes import Child, start_child

# A worker with models has one process, because a model uses all cores by itself.
_EMBEDDER = ("--queues", "embedding", "--concurrency", "1")
_WRITER = ("--exclude-queues", "interactive,embedding", "--concurrency", "2")
_PHOTOS = ("--queues", "interactive", "--concurrency", "1")


def command(app: str, name: str, *options: str) -> list[str]:
    """Return the command of one worker."""
    return [sys.executable, "-m", "celery", "-A", app, "worker", "-l", "INFO", "-n", f"{name}@%h", *options]


def catalogue_commands(app: str) -> dict[str, list[str]]:
    """Return the command of each worker that keeps the catalogue, by its name."""
    return {"embedder": command(app, "embedder", *_EMBEDDER), "writer": command(app, "writer", *_WRITER)}


def all_commands(app: str) -> dict[str, list[str]]:
    """Return the command of each worker, by its name."""
    return {**catalogue_commands(app), "photos": command(app, "photos", *_PHOTOS)}


def start_workers(folder: Path, workers: Mapping[str, Sequence[str]]) -> Iterator[Child]:
    """Start workers, with their logs in a folder; the caller stops them.

    Parameters
    ----------
    workers : mapping of str to sequence of str
        The command of each, by its name.
    """
    for name, arguments in workers.items():
        yield start_child(name, arguments, folder / f"{name}.log")
