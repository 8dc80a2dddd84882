"""Races contenders side by side, so that whatever else the machine does slows all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluation.clustered import Catalogue
from evaluation.contenders import Contender, Found
from evaluation.workload import Task, recall, similarities


@dataclass
class Track:
    """What was measured of one contender."""

    milliseconds: list[float] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)
    totals_true: bool = True

    def percentile(self, percent: float) -> float:
        """Return a percentile of the times, in milliseconds."""
        return float(np.percentile(self.milliseconds, percent))

    @property
    def recall(self) -> float:
        """The mean recall@24."""
        return float(np.mean(self.recalls))


def race(
    contenders: Mapping[str, Contender],
    tasks: Sequence[Task],
    catalogue: Catalogue,
    *,
    warm_up: int = 5,
    step: Callable[[], object] = lambda: None,
) -> dict[str, Track]:
    """Give every task to every contender, in turns.

    Parameters
    ----------
    contenders : mapping of str to Contender
        By name. Each task goes to them in an order of its own.
    tasks : sequence of Task
        The first ``warm_up`` of them are run once before, unmeasured.
    step : callable, optional
        Called after each task.
    """
    tracks = {name: Track() for name in contenders}
    names = list(contenders)
    for task in tasks[:warm_up]:
        for name in names:
            contenders[name](task)()
    # All truths first: comparing 200,000 vectors between two requests would empty the caches Elasticsearch works from.
    truths = [similarities(catalogue, task) for task in tasks]
    random = np.random.default_rng(0)
    for task, values in zip(tasks, truths, strict=True):
        matching = int(np.isfinite(values).sum())
        # Shuffled: in a fixed order, a contender would always find the caches as the same other one left them.
        for name in random.permutation(names).tolist():
            run = contenders[name](task)
            begun = time.perf_counter()
            found = run()
            tracks[name].milliseconds.append((time.perf_counter() - begun) * 1000)
            _judge(tracks[name], found, recall(values, found.numbers), matching)
        step()
    return tracks


def _judge(track: Track, found: Found, its_recall: float, matching: int) -> None:
    track.recalls.append(its_recall)
    track.totals_true &= found.total == matching
