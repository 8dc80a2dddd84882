"""Deriving the planner's thresholds from measurements."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from es_mappings.planner import Thresholds

RECALL = 0.99  # of a page of 24, on average

# Exact search may be slower than kNN by this factor and still be chosen, because it ranks every match.
TOLERANCE = 1.05


@dataclass(frozen=True)
class Speed:
    """How long a page takes by each strategy (milliseconds) when ``matched`` products match."""

    matched: int
    exact: float
    knn: float


@dataclass(frozen=True)
class Depth:
    """The recall of kNN at a share of matching products and a number of candidates."""

    share: float
    num_candidates: int
    recall: float


def derive(speeds: Sequence[Speed], depths: Sequence[Depth], current: Thresholds) -> Thresholds:
    """Derive thresholds: exact while it is about as quick as kNN, then as few candidates as the recall allows.

    Parameters
    ----------
    speeds : sequence of Speed
        In any order.
    depths : sequence of Depth
        Measured at several numbers of candidates, above and below the ``selective`` share.
    current : Thresholds
        Thresholds to keep where nothing was measured.
    """
    needed_above = _needed([d for d in depths if d.share >= current.selective])
    needed_below = _needed([d for d in depths if d.share < current.selective])
    chosen = replace(current, exact_matches=_rounded(crossing(speeds)) if speeds else current.exact_matches)
    if needed_above is not None:
        chosen = replace(chosen, num_candidates=needed_above)
    if needed_below is not None:
        chosen = replace(chosen, selective_factor=max(1.0, needed_below / chosen.num_candidates))
    return chosen


def crossing(speeds: Sequence[Speed]) -> float:
    """Return up to how many matches exact is about as quick as kNN, interpolating between two measurements.

    The first crossing counts: exact may catch up once all products match, because no filter is left to apply.
    """
    ordered = sorted(speeds, key=lambda s: s.matched)
    if _lead(ordered[0]) < 0:
        return 0.0
    for before, after in itertools.pairwise(ordered):
        ahead, behind = _lead(before), -_lead(after)
        if behind > 0:
            return before.matched + (after.matched - before.matched) * ahead / (ahead + behind)
    return float(ordered[-1].matched)


def _lead(speed: Speed) -> float:
    return speed.knn * TOLERANCE - speed.exact


def _needed(depths: Sequence[Depth]) -> int | None:
    """Return the fewest candidates that reach the recall at every share; None if no number does."""
    numbers = sorted({d.num_candidates for d in depths})
    enough = (n for n in numbers if all(d.recall >= RECALL for d in depths if d.num_candidates >= n))
    return next(enough, None)


def _rounded(matches: float) -> int:
    """Round to two significant digits: the third is noise."""
    return int(float(f"{matches:.1e}"))
