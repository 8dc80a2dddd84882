"""Races between contenders in turns, so that other load on the machine slows all of them equally."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluation.clustered import Catalogue
from evaluation.contenders import Contender
from evaluation.workload import Task, recall, similarities


@dataclass
class Track:
    """The measurements of one contender."""

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
    """Run every task on every contender, in turns.

    Parameters
    ----------
    contenders : mapping of str to Contender
        By name. Their order is shuffled for each task.
    tasks : sequence of Task
        The first ``warm_up`` of them also run once beforehand, unmeasured.
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
        # Shuffled: in a fixed order, a contender would always run on caches that the same other one left.
        for name in random.permutation(names).tolist():
            run = contenders[name](task)
            begun = time.perf_counter()
            answer = run()
            tracks[name].milliseconds.append((time.perf_counter() - begun) * 1000)
            tracks[name].recalls.append(recall(values, answer.numbers))
            tracks[name].totals_true &= answer.total == matching
        step()
    return tracks
