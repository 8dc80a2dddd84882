"""The report of ``python -m evaluation models``: tables, plots, contact sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from PIL import Image

from evaluation import contact_sheets, plots
from evaluation.report import Picture, Report, Table
from evaluation.variants import CENTRED, RAW, Judged
from indexer.relevance.golden import Grades
from indexer.relevance.metrics import compare

_SHEET_ROWS, _SHEET_FOUND = 6, 9


def make_report(
    found: Sequence[Judged],
    speeds: Mapping[str, float | None],
    missing: Mapping[str, str],
    measure: str,
) -> Report:
    """Lay out what was measured."""
    return Report(
        f"Models by {measure.upper()}",
        parts=[
            best_table(found, speeds, missing, measure),
            kept_table(found, measure),
            Picture("By dimensions", _by_dims(found, measure), f"{measure} by dimensions, a panel a reduction"),
            *_by_speed(found, speeds, measure),
            every_table(found, speeds, measure),
        ],
    )


def best_table(
    found: Sequence[Judged], speeds: Mapping[str, float | None], missing: Mapping[str, str], measure: str
) -> Table:
    """Show each vectorizer's best variant, and what couldn't be measured."""
    best: dict[str, Judged] = {}
    for judged in found:
        name = judged.variant.vectorizer
        best[name] = max(best.get(name, judged), judged, key=lambda j: j.score.mean)
    ranked = sorted(best.values(), key=lambda j: -j.score.mean)
    rows = [_row(judged, speeds, ranked[0]) for judged in ranked]
    rows += [(name, "", "", "", f"left out: {why[:90]}", "", "", "") for name, why in missing.items()]
    return Table(
        "The best of each model",
        _columns(measure),
        rows,
        "Intervals: 95%, bootstrap over anchors. p: how often chance alone sets a row this far from the first one "
        "(paired randomisation test). Bytes: float32; the index's int8 takes a quarter.",
    )


def every_table(found: Sequence[Judged], speeds: Mapping[str, float | None], measure: str) -> Table:
    """Show every variant, the best first."""
    ranked = sorted(found, key=lambda j: -j.score.mean)
    return Table("All variants", _columns(measure), [_row(judged, speeds, ranked[0]) for judged in ranked])


def kept_table(found: Sequence[Judged], measure: str) -> Table:
    """Show what PCA loses of the unreduced activations, by dimensions (cosine, or the metric measured first)."""
    metric = found[0].variant.metric
    ours = [j for j in found if j.variant.metric == metric]
    raw: dict[str, Judged] = {}  # the better of the two ways to leave activations whole
    for judged in (j for j in ours if j.variant.reduction in (RAW, CENTRED)):
        raw[judged.variant.vectorizer] = max(
            raw.get(judged.variant.vectorizer, judged), judged, key=lambda j: j.score.mean
        )
    pca = {(j.variant.vectorizer, j.variant.dims): j for j in ours if j.variant.reduction == "pca"}
    sizes = sorted({dims for _, dims in pca})
    rows = []
    for name, whole in raw.items():
        cells = [pca.get((name, dims)) for dims in sizes]
        changes = [f"{j.score.mean / whole.score.mean - 1:+.1%}" if j else "" for j in cells]
        rows.append(
            (f"{name} ({whole.variant.dims:,})", f"{whole.score.mean:.3f} ({whole.variant.reduction})", *changes)
        )
    return Table(
        f"What PCA changes ({metric})",
        ("Model", f"{measure.upper()} of all dims", *(f"{d}" for d in sizes)),
        rows,
        "Of all dimensions, the better of the activations as they are and with their mean taken away.",
    )


def sheets(best: Judged, grades: Grades, picture: Callable[[str], Image.Image | None]) -> list[Picture]:
    """Draw the best and the worst anchors of a variant."""
    ranked = sorted(best.by_anchor, key=lambda anchor: -best.by_anchor[anchor])
    made = []
    for title, chosen in (("The best anchors", ranked[:_SHEET_ROWS]), ("The worst anchors", ranked[-_SHEET_ROWS:])):
        rows = [
            contact_sheets.Row(a, best.by_anchor[a], [(p, grades[a].get(p)) for p in best.run[a][:_SHEET_FOUND]])
            for a in chosen
        ]
        v = best.variant
        note = f"{v.vectorizer}, {v.reduction} {v.dims}, {v.metric}. {contact_sheets.LEGEND}"
        made.append(Picture(title, contact_sheets.draw(rows, picture), f"{title}, {len(rows)} rows of pictures", note))
    return made


def _columns(measure: str) -> tuple[str, ...]:
    return "Model and layer", "Reduction", "Dims", "Metric", f"{measure.upper()} (95%)", "p", "Images/s", "Bytes"


def _row(judged: Judged, speeds: Mapping[str, float | None], first: Judged) -> tuple[str, ...]:
    v, speed = judged.variant, speeds.get(judged.variant.vectorizer)
    p = "" if judged is first else _p(compare(first.by_anchor, judged.by_anchor).p)
    shown = f"{speed:.1f}" if speed else "cached"
    return v.vectorizer, v.reduction, f"{v.dims:,}", v.metric, str(judged.score), p, shown, f"{4 * v.dims:,}"


def _p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _by_dims(found: Iterable[Judged], measure: str) -> bytes:
    grouped: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for judged in found:
        own = judged.variant
        if own.metric == "cosine" and own.reduction not in (RAW, CENTRED):
            series = grouped.setdefault(own.reduction, {})
            series.setdefault(own.vectorizer, []).append((own.dims, judged.score.mean))
    return plots.panels(grouped, x="Dimensions", y=measure.upper())


def _by_speed(found: Iterable[Judged], speeds: Mapping[str, float | None], measure: str) -> list[Picture]:
    points: dict[str, tuple[float, float]] = {}
    for judged in found:
        name, mean = judged.variant.vectorizer, judged.score.mean
        if (speed := speeds[name]) and mean > points.get(name, (0.0, -1.0))[1]:
            points[name] = (speed, mean)
    if not points:
        return []
    drawn = plots.scatter(points, x="Images a second", y=f"Best {measure.upper()}")
    return [Picture("By speed", drawn, f"Best {measure} of each model by images a second")]
