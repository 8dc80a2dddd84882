"""Tables of a load test."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.load.figures import Figures, Queued
from evaluation.load.goals import Goal
from evaluation.load.phases import Phase
from evaluation.report import Table

_COLUMNS = ("offered", "served", "503", "other", "p50", "p90", "p99")  # requests per second, shares, milliseconds


def pages_table(phases: Sequence[Phase]) -> Table:
    """Tabulate the pages of each phase."""
    columns = ("Load", *_COLUMNS, "503 p50", "503 p99", "generator")
    rows = [
        (
            f"{phase.multiple:g} x",
            *_figures(phase.pages),
            _ms(phase.pages.times_refused.p50),
            _ms(phase.pages.times_refused.p99),
            f"{phase.generator:.0%}",
        )
        for phase in phases
    ]
    late = max((phase.pages.late.p99 or 0.0 for phase in phases), default=0.0)
    return Table(
        "Pages by multiples of the best rate",
        columns,
        rows,
        "Requests per second; milliseconds. Generator: the load generator's share of all cores, which the shop on the "
        f"same machine goes without; it was late by {late:,.1f} ms (p99).",
    )


def kinds_table(phase: Phase) -> Table:
    """Tabulate a phase by kind of request."""
    columns = ("Kind", *_COLUMNS)
    rows = [(kind, *_figures(figures)) for kind, figures in phase.kinds.items() if figures.asked]
    return Table(f"By kind at {phase.multiple:g} x best", columns, rows)


def elasticsearch_table(phases: Sequence[Phase]) -> Table:
    """Tabulate the same searches sent straight to Elasticsearch."""
    columns = ("Load", *_COLUMNS, "queue", "rejected")
    rows = [
        (f"{phase.multiple:g} x", *_figures(phase.elasticsearch), *_searches(phase.elasticsearch_queued))
        for phase in phases
        if phase.elasticsearch and phase.elasticsearch_queued
    ]
    note = "One search a page, without what goes with it; a page of the shop takes several and renders the answer."
    return Table("Elasticsearch alone, the same searches at the same rate", columns, rows, note)


def queues_table(phases: Sequence[Phase]) -> Table:
    """Tabulate the most that waited in each queue."""
    columns = ("Load", "in flight", "growth", "backlog", "photos", "ES queue", "rejected")
    rows = [
        (
            f"{phase.multiple:g} x",
            str(max(phase.queued.in_flight, default=0)),
            f"{phase.queued.growth:.1f}",
            _count(phase.queued.backlog),
            _count(phase.queued.interactive),
            *_searches(phase.queued),
        )
        for phase in phases
    ]
    note = "In flight: sent and not answered; growth: from the second to the last quarter; backlog: not accepted yet."
    return Table("The most that waited", columns, rows, note)


def goals_table(goals: Sequence[Goal]) -> Table:
    """Tabulate the goals."""
    rows = [(goal.text, goal.measured, "yes" if goal.met else "NO") for goal in goals]
    return Table("Goals at the highest load", ("Goal", "measured", "met"), rows)


def _figures(figures: Figures) -> tuple[str, ...]:
    errors = ", ".join(f"{count} x {status or 'none'}" for status, count in figures.errors.items()) or "0"
    times = (_ms(figures.times.p50), _ms(figures.times.p90), _ms(figures.times.p99))
    return (f"{figures.offered:.1f}", f"{figures.served:.1f}", f"{figures.refused:.0%}", errors, *times)


def _searches(queued: Queued) -> tuple[str, str]:
    return _count(queued.searches), _count(queued.rejected)


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)


def _ms(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:,.0f}"
