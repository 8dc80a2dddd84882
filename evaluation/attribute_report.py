"""The report of ``lookalike evaluate attributes``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evaluation import plots
from evaluation.attribute_fits import Fitted
from evaluation.attribute_scores import Guesses, Tally, calibration_error, calibration_floor, reliability
from evaluation.report import Picture, Report, Table

Tallies = Mapping[str, Mapping[tuple[str, bool], Tally]]


def build(fitted: Sequence[Fitted], tallies: Tallies, catalog: str, sources: Sequence[str]) -> Report:
    """Build the report.

    Parameters
    ----------
    tallies : mapping
        Category -> (attribute, whether pictures show it) -> counts; empty if the truth isn't known.
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
    guesses = {(f.category, name): g for f in fitted for name, g in f.guesses().items()}
    if guesses:
        report.parts += [_reliability(list(guesses.values())), *_confusions(guesses)]
    return report


def _against_truth(tallies: Tallies) -> Table:
    rows = []
    for title, visual in (("shown by pictures", True), ("not shown by pictures", False)):
        counts = [t for by_name in tallies.values() for (_, shown), t in by_name.items() if shown is visual]
        rows.append([title, *_shares(sum(counts, Tally()))])
    return Table("Against the truth", ["attributes", *_SHARES], rows)


_SHARES = ["before", "after", "missing", "filled", "precision", "wrong", "flagged", "flags right"]


def _by_attribute(tallies: Tallies) -> Table:
    rows = [
        [f"{category}: {name}", *_shares(t)]
        for category, by_name in tallies.items()
        for (name, visual), t in sorted(by_name.items())
        if visual
    ]
    return Table("By attribute, if pictures show it", ["attribute", *_SHARES], rows)


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
            read = ", ".join(f"{name} {weight:.1f}" for name, weight in head.weights.items() if weight >= 0.05)
            shares = [f"{share:.1%}" for share in f.coverage(head.name)]
            measured = _measured(guesses.get(head.name), f.model.least)
            figures = [str(len(head.values)), *shares, *measured, f"{head.noise:.1%}", f"{head.skill:.2f}"]
            rows.append([f"{f.category}: {head.name}", *figures, read])
    columns = ["attribute", "values", "before", "after", *_MEASURED, "noise", "skill", "read from"]
    return Table("Learnt attributes", columns, rows, _LEARNT)


_MEASURED = ["right", "precision", "recall", "calibration error"]
_LEARNT = (
    "Before and after: products that have a value. Right: share that agrees with held-out catalogue values. Precision "
    "and recall: of predictions confident enough to fill a value in. Noise: catalogue values estimated to be wrong. "
    "Skill: share of the uncertainty removed, 0 to 1. Left alone: too little skill."
)


def _measured(guesses: Guesses | None, least: float) -> list[str]:
    if guesses is None:
        return ["left alone", "", "", ""]
    precision = guesses.precision(least)
    return [
        f"{guesses.accuracy:.3f}",
        f"{precision:.3f}" if precision is not None else "",
        f"{guesses.recall(least):.3f}",
        f"{calibration_error(guesses):.3f}",
    ]


def _reliability(guesses: Sequence[Guesses]) -> Picture:
    pooled = Guesses(
        np.concatenate([g.confidences for g in guesses]),
        np.concatenate([g.right for g in guesses]),
        [pair for g in guesses for pair in g.pairs],
    )
    data = plots.reliability(reliability(pooled), x="confidence", y="share that agrees with the catalogue")
    title = f"Reliability of the confidence: calibration error {calibration_error(pooled):.3f}"
    note = (
        f"Fifteen bins of equal width. With this many products, perfect confidences would show an error of "
        f"{calibration_floor(pooled.confidences):.3f} by chance."
    )
    return Picture(title, data, "How often predictions of each confidence agree with the catalogue", note)


def _confusions(guesses: Mapping[tuple[str, str], Guesses]) -> list[Table]:
    tables = []
    for (category, name), guess in guesses.items():
        names, counts = guess.confusion()
        rows = [[row, *(str(n) if n else "" for n in line)] for row, line in zip(names, counts, strict=True)]
        values = len({str(known) for known, _ in guess.pairs})
        note = f"The {len(names)} most frequent of {values} values." if values > len(names) else ""
        title = f"Confusion of {category}: {name} ({guess.accuracy:.3f} right)"
        tables.append(Table(title, ["catalogue, shown", *names], rows, note))
    return tables
