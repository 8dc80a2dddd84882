"""The report of ``lookalike evaluate models``: tables, plots and contact sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from PIL import Image

from evaluation import contact_sheets, plots
from evaluation.report import Picture, Report, Table
from evaluation.variants import CENTRED, RAW, Judged
from indexer.relevance.golden import Grades
from indexer.relevance.metrics import compare

_SHEET_ROWS, _SHEET_HITS = 6, 9


def make_report(
    results: Sequence[Judged],
    speeds: Mapping[str, float | None],
    missing: Mapping[str, str],
    measure: str,
) -> Report:
    """Return the report of all results."""
    return Report(
        f"Models by {measure.upper()}",
        parts=[
            best_table(results, speeds, missing, measure),
            loss_table(results, measure),
            Picture("By dimensions", _by_dims(results, measure), f"{measure} by dimensions, one panel per reduction"),
            *_by_speed(results, speeds, measure),
            every_table(results, speeds, measure),
        ],
    )


def best_table(
    results: Sequence[Judged], speeds: Mapping[str, float | None], missing: Mapping[str, str], measure: str
) -> Table:
    """Tabulate each vectorizer's best variant, and those that couldn't be measured."""
    best: dict[str, Judged] = {}
    for judged in results:
        name = judged.variant.vectorizer
        best[name] = max(best.get(name, judged), judged, key=lambda j: j.score.mean)
    ranked = sorted(best.values(), key=lambda j: -j.score.mean)
    rows = [_row(judged, speeds, ranked[0]) for judged in ranked]
    rows += [(name, "", "", "", f"left out: {why[:90]}", "", "", "") for name, why in missing.items()]
    return Table(
        "Best variant of each model",
        _columns(measure),
        rows,
        "Intervals: 95%, bootstrap over anchors. p: how often chance alone puts a row this far from the first one "
        "(paired randomisation test). Bytes: float32; the index's int8 takes a quarter.",
    )


def every_table(results: Sequence[Judged], speeds: Mapping[str, float | None], measure: str) -> Table:
    """Tabulate every variant, the best first."""
    ranked = sorted(results, key=lambda j: -j.score.mean)
    return Table("All variants", _columns(measure), [_row(judged, speeds, ranked[0]) for judged in ranked])


def loss_table(results: Sequence[Judged], measure: str) -> Table:
    """Tabulate what PCA loses against unreduced activations, by dimensions (cosine, or the metric measured first)."""
    metric = results[0].variant.metric
    comparable = [j for j in results if j.variant.metric == metric]
    raw: dict[str, Judged] = {}  # the better of raw and centred activations
    for judged in (j for j in comparable if j.variant.reduction in (RAW, CENTRED)):
        raw[judged.variant.vectorizer] = max(
            raw.get(judged.variant.vectorizer, judged), judged, key=lambda j: j.score.mean
        )
    pca = {(j.variant.vectorizer, j.variant.dims): j for j in comparable if j.variant.reduction == "pca"}
    sizes = sorted({dims for _, dims in pca})
    rows = []
    for name, unreduced in raw.items():
        cells = [pca.get((name, dims)) for dims in sizes]
        changes = [f"{j.score.mean / unreduced.score.mean - 1:+.1%}" if j else "" for j in cells]
        rows.append(
            (
                f"{name} ({unreduced.variant.dims:,})",
                f"{unreduced.score.mean:.3f} ({unreduced.variant.reduction})",
                *changes,
            )
        )
    return Table(
        f"What PCA changes ({metric})",
        ("Model", f"{measure.upper()} of all dims", *(f"{d}" for d in sizes)),
        rows,
        "Of all dimensions: the better of raw activations and activations with their mean subtracted.",
    )


def sheets(best: Judged, grades: Grades, image_of: Callable[[str], Image.Image | None]) -> list[Picture]:
    """Draw contact sheets of a variant's best and worst anchors."""
    ranked = sorted(best.by_anchor, key=lambda anchor: -best.by_anchor[anchor])
    pictures = []
    for title, chosen in (("The best anchors", ranked[:_SHEET_ROWS]), ("The worst anchors", ranked[-_SHEET_ROWS:])):
        rows = [
            contact_sheets.Row(a, best.by_anchor[a], [(p, grades[a].get(p)) for p in best.run[a][:_SHEET_HITS]])
            for a in chosen
        ]
        v = best.variant
        note = f"{v.vectorizer}, {v.reduction} {v.dims}, {v.metric}. {contact_sheets.LEGEND}"
        sheet = contact_sheets.draw(rows, image_of)
        pictures.append(Picture(title, sheet, f"{title}, {len(rows)} rows of images", note))
    return pictures


def _columns(measure: str) -> tuple[str, ...]:
    return "Model and layer", "Reduction", "Dims", "Metric", f"{measure.upper()} (95%)", "p", "Images/s", "Bytes"


def _row(judged: Judged, speeds: Mapping[str, float | None], first: Judged) -> tuple[str, ...]:
    v, speed = judged.variant, speeds.get(judged.variant.vectorizer)
    p = "" if judged is first else _p(compare(first.by_anchor, judged.by_anchor).p)
    images_per_second = f"{speed:.1f}" if speed else "cached"
    size = f"{4 * v.dims:,}"
    return v.vectorizer, v.reduction, f"{v.dims:,}", v.metric, str(judged.score), p, images_per_second, size


def _p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _by_dims(results: Iterable[Judged], measure: str) -> bytes:
    grouped: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for judged in results:
        v = judged.variant
        if v.metric == "cosine" and v.reduction not in (RAW, CENTRED):
            series = grouped.setdefault(v.reduction, {})
            series.setdefault(v.vectorizer, []).append((v.dims, judged.score.mean))
    return plots.panels(grouped, x="Dimensions", y=measure.upper())


def _by_speed(results: Iterable[Judged], speeds: Mapping[str, float | None], measure: str) -> list[Picture]:
    points: dict[str, tuple[float, float]] = {}
    for judged in results:
        name, mean = judged.variant.vectorizer, judged.score.mean
        if (speed := speeds[name]) and mean > points.get(name, (0.0, -1.0))[1]:
            points[name] = (speed, mean)
    if not points:
        return []
    drawn = plots.scatter(points, x="Images per second", y=f"Best {measure.upper()}")
    return [Picture("By speed", drawn, f"Best {measure} of each model by images per second")]
