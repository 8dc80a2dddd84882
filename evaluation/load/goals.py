"""What a shop under three times the load that it can serve must still do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.load.figures import Figures
from evaluation.load.mix import PHOTO, STAFF
from evaluation.load.phases import Phase

_SERVED = 0.9  # of the best rate
_TIMES_BUDGET = 1.5  # p99 of what is served
_AT_ONCE_MS = 1_000.0  # p90 of refusals: they wait for a turn for at most half a second
_NOT_STARVED = 0.9  # share of photographs and staff pages that are served
_GROWTH = 2.0  # of what is in flight, from the second to the last quarter of the phase


@dataclass(frozen=True)
class Goal:
    """A goal, what was measured and whether that is enough."""

    text: str
    measured: str
    met: bool


def goals(phases: Sequence[Phase], best: float, budget_s: float) -> list[Goal]:
    """Judge the phase of the highest load.

    Parameters
    ----------
    best : float
        Most pages per second that were served in any phase or step.
    budget_s : float
        Seconds that a shopper's request may take (``REQUEST_SECONDS``).
    """
    phase = max(phases, key=lambda phase: phase.multiple)
    pages, everything = phase.pages, phase.kinds.values()
    errors = sum(sum(kind.errors.values()) for kind in everything)
    silent = sum(kind.without_retry_after for kind in everything)
    p99, refused = pages.times.p99 or 0.0, pages.times_refused.p90 or 0.0
    limit = 1_000 * _TIMES_BUDGET * budget_s
    return [
        Goal(
            f"Served at least {_SERVED:.0%} of the best", f"{pages.served / best:.0%}", pages.served >= _SERVED * best
        ),
        Goal(f"p99 of served pages under {limit:,.0f} ms", f"{p99:,.0f} ms", p99 < limit),
        Goal(f"p90 of refusals under {_AT_ONCE_MS:,.0f} ms", f"{refused:,.0f} ms", refused < _AT_ONCE_MS),
        Goal("Nothing but 200 and 503", f"{errors} others", errors == 0),
        Goal("Each 503 says when to try again", f"{silent} do not", silent == 0),
        *(_not_starved(name, phase.kinds[name]) for name in (PHOTO, STAFF) if phase.kinds[name].asked),
        Goal(
            f"What is in flight does not grow ({_GROWTH:g} times)",
            f"{phase.queued.growth:.1f} times, {max(phase.queued.in_flight, default=0)} at most",
            phase.queued.growth < _GROWTH,
        ),
        Goal("Elasticsearch rejects nothing", f"{phase.queued.rejected or 0} rejected", not phase.queued.rejected),
    ]


def _not_starved(kind: str, figures: Figures) -> Goal:
    share = figures.answered / figures.asked
    return Goal(f"{_NOT_STARVED:.0%} of {kind} requests are served", f"{share:.0%}", share >= _NOT_STARVED)
