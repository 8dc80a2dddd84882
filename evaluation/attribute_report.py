"""The report of ``python -m evaluation attributes``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from evaluation import plots
from evaluation.attribute_scores import Guesses, Tally, calibration_error, reliability
from evaluation.report import Picture, Report, Table

if TYPE_CHECKING:
    from evaluation.attributes import Fitted

Tallies = Mapping[str, Mapping[tuple[str, bool], Tally]]


def build(fitted: Sequence[Fitted], tallies: Tallies, catalog: str, sources: Sequence[str]) -> Report:
    """Put the tables and pictures together.

    Parameters
    ----------
    tallies : mapping
        Category -> (attribute, whether pictures show it) -> counts; empty where the truth isn't known.
    """
    facts = {
        "catalogue": catalog,
        "read from": ", ".join(sources),
        "learnt from": f"{sum(f.examples for f in fitted):,} products in {sum(f.seconds for f in fitted):.0f} s",
        "measured on": f"{sum(len(f.measured) for f in fitted):,} products that the fit left out",
    }
    report = Report("Attributes from pictures and text", facts)
    if tallies:
        report.parts += [_against_truth(tallies), _by_attribute(tallies)]
    report.parts.append(_heads(fitted))
    guesses = {(f.category, name): its for f in fitted for name, its in f.guesses().items()}
    if guesses:
        report.parts += [_reliability(list(guesses.values())), *_confusions(guesses)]
    return report


def _against_truth(tallies: Tallies) -> Table:
    rows = []
    for title, visual in (("shown by pictures", True), ("not shown by pictures", False)):
        counts = [t for its in tallies.values() for (_, shown), t in its.items() if shown is visual]
        rows.append([title, *_shares(sum(counts, Tally()))])
    return Table("Against the truth", ["attributes", *_SHARES], rows)


_SHARES = ["before", "after", "missing", "filled", "precision", "wrong", "flagged", "flags right"]


def _by_attribute(tallies: Tallies) -> Table:
    rows = [
        [f"{category}: {name}", *_shares(t)]
        for category, its in tallies.items()
        for (name, visual), t in sorted(its.items())
        if visual
    ]
    return Table("By attribute, those that pictures show", ["attribute", *_SHARES], rows)


def _shares(t: Tally) -> list[str]:
    before, after = t.coverage
    return [
        f"{before:.1%}",
        f"{after:.1%}",
        f"{t.missing:,}",
        _share(t.filled, t.missing),
        _share(t.filled_right, t.filled),
        f"{t.wrong:,}",
        _share(t.flagged_right, t.wrong),
        _share(t.flagged_right, t.flagged),
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else ""


def _heads(fitted: Sequence[Fitted]) -> Table:
    rows = []
    for f in fitted:
        guesses = f.guesses()
        for head in f.model.heads:
            measured = guesses.get(head.name)
            rows.append(
                [
                    f"{f.category}: {head.name}",
                    str(len(head.values)),
                    f"{head.skill:.2f}",
                    f"{measured.accuracy:.3f}" if measured else "left alone",
                    f"{calibration_error(measured):.3f}" if measured else "",
                    f"{head.noise:.1%}",
                    ", ".join(f"{name} {weight:.1f}" for name, weight in head.weights.items() if weight >= 0.05),
                ]
            )
    columns = ["attribute", "values", "skill", "agrees with the catalogue", "calibration error", "noise", "read from"]
    note = "Left alone: neither pictures nor text take away enough of the uncertainty about it."
    return Table("What was learnt", columns, rows, note)


def _reliability(guesses: Sequence[Guesses]) -> Picture:
    every = Guesses(
        np.concatenate([g.confidences for g in guesses]),
        np.concatenate([g.right for g in guesses]),
        [pair for g in guesses for pair in g.pairs],
    )
    line = [(confidence, accuracy) for confidence, accuracy, _ in reliability(every)]
    data = plots.lines(
        {"measured": line, "perfect": [(0.0, 0.0), (1.0, 1.0)]},
        x="confidence",
        y="share that agrees with the catalogue",
    )
    title = f"Reliability of the confidence: calibration error {calibration_error(every):.3f}"
    return Picture(title, data, "How often predictions of each confidence agree with the catalogue")


def _confusions(guesses: Mapping[tuple[str, str], Guesses]) -> list[Table]:
    tables = []
    for (category, name), its in guesses.items():
        names, counts = its.confusion()
        rows = [[row, *(str(n) if n else "" for n in line)] for row, line in zip(names, counts, strict=True)]
        tables.append(Table(f"Confusion of {category}: {name} ({its.accuracy:.3f} right)", ["known", *names], rows))
    return tables
