"""A rebuild, rollback, prune or abandonment in a process of its own, which may die before a step."""

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection

from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.errors import ProductSearchError
from indexer.images.fetching import ImageSource
from indexer.rollouts.comparing import Thresholds
from indexer.rollouts.rollout import Rollout, prune
from indexer.rollouts.state import StateStore
from indexer.rollouts.steps import Options, Watch
from indexer.settings import Settings
from tests.faults.chaos import bugs, pictures

# Of thirty products some always wait for a vector.
_OPTIONS = Options(refit=True, thresholds=Thresholds(vectors=0.5))


# Forked from a process that has imported everything, because that takes longer than a rollout.
_processes = multiprocessing.get_context("forkserver")


def roll(kind: str, killed_before: str = "") -> tuple[str, str]:
    """Do it in a process of its own.

    Returns
    -------
    outcome, index : str
        ``done``, ``killed`` or why it stopped; the live index if it is done.
    """
    _processes.set_forkserver_preload([__name__])
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=_roll, args=(kind, killed_before, theirs))
    process.start()
    theirs.close()
    process.join()
    if process.exitcode == -signal.SIGKILL:
        return "killed", ""
    try:
        outcome, index = ours.recv()
    except EOFError:
        outcome, index = f"exit code {process.exitcode}", ""
    return str(outcome), str(index)


def _roll(kind: str, killed_before: str, answer: Connection) -> None:
    try:
        answer.send(("done", _live_after(kind, killed_before)))
    except (ProductSearchError, TransportError, ApiError) as error:
        answer.send((f"{type(error).__name__}: {error}"[:300], ""))


def _live_after(kind: str, killed_before: str) -> str:
    """Do it, and return the name of the live index."""
    bugs.plant()
    settings = Settings.from_environment()
    index = ProductIndex.open(settings)

    def pipeline() -> Pipeline:
        return Pipeline(index, ImageSource.from_settings(settings), pictures.vectorizers(), 32)

    def die(step: str) -> None:
        if step == killed_before:
            os.kill(os.getpid(), signal.SIGKILL)

    rollout = Rollout(index, pipeline, _OPTIONS, Watch(step=die))
    if kind == "prune":
        if not StateStore(index).read().running:  # as `lookalike prune`
            prune(index)
    else:
        getattr(rollout, kind)()
    return index.live()
