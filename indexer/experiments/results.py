"""What came of an experiment: intervals by metric and segment, and what they decide. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from es_mappings.experiment import METRICS, Experiment, Side
from indexer.experiments.sequential import ALPHA, Interval, Sequence

ALL = ""  # the segment of all visits
_PREFERENCES = ("clicks", "likes", "carts", "orders")  # both sides of an interleaved page find the same
_TIGHTEST = 8  # times the least visits: where intervals are narrowest; sooner, and long experiments would stay wide
_MISMATCH_ALPHA = 0.001

Verdict = Literal["early", "undecided", "better", "worse", "mismatch"]


@dataclass(frozen=True)
class Tally:
    """Visits of one side, and of these those that count for each metric.

    Of an interleaving, `preferred` has the visits in which the treatment's products got more of it, and those in which
    the control's did, by metric.
    """

    visits: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    preferred: Mapping[str, tuple[int, int]] = field(default_factory=dict)


Tallies = Mapping[str, Mapping[Side, Tally]]
"""Segment (`ALL`, ``category:Dresses``, ``likes:yes``) to side to tally."""


@dataclass(frozen=True)
class Measure:
    """One metric.

    Attributes
    ----------
    control, treatment : float
        Share of visits that count for it; of an interleaving, share that prefers the side.
    difference : Interval
        Treatment minus control, in shares of visits.
    """

    metric: str
    control: float
    treatment: float
    difference: Interval

    @property
    def is_better(self) -> bool:
        """Whether the treatment is better, beyond doubt."""
        return self.difference.is_below if self.metric == "zero" else self.difference.is_above

    @property
    def is_worse(self) -> bool:
        """Whether the treatment is worse, beyond doubt."""
        return self.difference.is_above if self.metric == "zero" else self.difference.is_below


@dataclass(frozen=True)
class Result:
    """What came of an experiment so far.

    Attributes
    ----------
    measures : list of Measure
        Of all visits, one a metric; they hold all at once, with a probability of 1 - `ALPHA`.
    segments : dict
        The same by segment, to look at: where there are many, some differ by chance.
    reason : str
        Why the verdict is as it is, in words.
    """

    verdict: Verdict
    reason: str
    visits: dict[Side, int]
    measures: list[Measure]
    segments: dict[str, list[Measure]]


def judge(experiment: Experiment, tallies: Tallies, days: float) -> Result:
    """Judge an experiment by what was counted so far; it may be judged as often as one likes.

    Parameters
    ----------
    days : float
        Since it was started.
    """
    everything = tallies.get(ALL, {})
    visits = {side: everything.get(side, Tally()).visits for side in experiment.sides}
    measures = _measures(experiment, everything)
    verdict, reason = _verdict(experiment, visits, measures, days)
    segments = {name: _measures(experiment, sides) for name, sides in sorted(tallies.items()) if name != ALL}
    return Result(verdict, reason, visits, measures, segments)


def _measures(experiment: Experiment, sides: Mapping[Side, Tally]) -> list[Measure]:
    if experiment.kind == "interleaving":
        return [_preference(experiment, metric, sides.get("interleaved", Tally())) for metric in _PREFERENCES]
    control, treatment = (sides.get(side, Tally()) for side in ("control", "treatment"))
    sequence = Sequence(ALPHA / len(METRICS), 2 * _TIGHTEST * experiment.minimum_visits)
    measures = []
    for metric in METRICS:
        before, after = ((t.counts.get(metric, 0), t.visits) for t in (control, treatment))
        measures.append(Measure(metric, _share(*before), _share(*after), sequence.of_shares(before, after)))
    return measures


def _preference(experiment: Experiment, metric: str, tally: Tally) -> Measure:
    sequence = Sequence(ALPHA / len(_PREFERENCES), _TIGHTEST * experiment.minimum_visits)
    treatment, control = tally.preferred.get(metric, (0, 0))
    difference = sequence.of_preference(control, treatment, tally.visits)
    return Measure(metric, _share(control, tally.visits), _share(treatment, tally.visits), difference)


def _share(count: int, visits: int) -> float:
    return count / visits if visits else 0.0


def _verdict(
    experiment: Experiment, visits: Mapping[Side, int], measures: list[Measure], days: float
) -> tuple[Verdict, str]:
    if _is_mismatch(visits):
        counts = " and ".join(f"{n:,}" for n in visits.values())
        return "mismatch", f"the sides have {counts} visits, which is no split in halves: something loses visits of one"
    least = min(visits.values())
    if least < experiment.minimum_visits:
        return "early", f"{least:,} of {experiment.minimum_visits:,} visits, which is too early to say anything"
    worse = [METRICS[m.metric] for m in measures if m.is_worse]
    if worse:
        return "worse", f"fewer visits {' and '.join(worse)}".replace(
            "fewer visits with a search", "more visits with a search"
        )
    main = next(m for m in measures if m.metric == experiment.metric)
    if main.is_better and days < experiment.minimum_days:
        return "early", f"better so far; it is decided after {experiment.minimum_days} days"
    if main.is_better:
        return "better", f"more visits {METRICS[experiment.metric]}"
    return "undecided", f"visits {METRICS[experiment.metric]} may be more or fewer"


def _is_mismatch(visits: Mapping[Side, int]) -> bool:
    """Return whether halves aren't halves (Fabijan et al., "Diagnosing sample ratio mismatch", KDD 2019)."""
    if len(visits) < 2:
        return False
    total = sum(visits.values())
    share = (
        Sequence(_MISMATCH_ALPHA, 10_000).interval(visits["treatment"] / total - 0.5, 0.25, total) if total else None
    )
    return bool(share and (share.is_above or share.is_below))
