"""Plots for the reports, as PNG."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Line = Sequence[tuple[float, float]]
"""Points (x, y), from left to right."""


def lines(
    series: Mapping[str, Line],
    *,
    x: str,
    y: str,
    bands: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    log_x: bool = False,
    log_y: bool = False,
) -> bytes:
    """Draw one line per series.

    Parameters
    ----------
    bands : mapping, optional
        Series -> low and high at each of the series' points.
    """

    def draw(axes: Axes) -> None:
        for number, (name, points) in enumerate(series.items()):
            xs, ys = [p[0] for p in points], [p[1] for p in points]
            style = ("-", "--", ":", "-.")[number // 10 % 4]  # ten colours, then another line style
            [line] = axes.plot(xs, ys, style, marker="o", markersize=4, label=name)
            if bands and name in bands:
                low, high = zip(*bands[name], strict=True)
                axes.fill_between(xs, low, high, color=line.get_color(), alpha=0.12, linewidth=0)
        if log_x:
            axes.set_xscale("log", base=2)
            ticks = sorted({p[0] for points in series.values() for p in points})
            axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        if log_y:
            axes.set_yscale("log")

    return _figure(draw, x, y)


def panels(grouped: Mapping[str, Mapping[str, Line]], *, x: str, y: str) -> bytes:
    """Draw one panel per group, side by side on one scale; a series has the same colour in each.

    Parameters
    ----------
    grouped : mapping
        Title of a panel -> series -> points; the x axis is logarithmic.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(name for series in grouped.values() for name in series))
    ticks = sorted({point[0] for series in grouped.values() for points in series.values() for point in points})
    columns = min(2, len(grouped))
    rows = -(-len(grouped) // columns)
    figure = Figure(figsize=(11, 3.4 * rows + 0.25 * len(names)), dpi=100, layout="constrained")
    all_axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flatten()
    for axes, (title, series) in zip(all_axes, grouped.items(), strict=False):
        for name, points in series.items():
            number = names.index(name)
            style = ("-", "--", ":", "-.")[number // 10 % 4]
            axes.plot(*zip(*points, strict=True), style, color=f"C{number % 10}", marker="o", markersize=4, label=name)
        axes.set_title(title)
        axes.set_xscale("log", base=2)
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes.grid(visible=True, alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    for place, axes in enumerate(all_axes):
        axes.set_xlabel(x if place >= columns * (rows - 1) else "")
        axes.set_ylabel(y if place % columns == 0 else "")
    handles = {
        label: handle for axes in all_axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=2, fontsize="small", frameon=False)
    file = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(file, format="png")
    return file.getvalue()


def scatter(points: Mapping[str, tuple[float, float]], *, x: str, y: str) -> bytes:
    """Draw one point per name."""

    def draw(axes: Axes) -> None:
        for number, (name, point) in enumerate(points.items()):
            marker = ("o", "s", "^", "D")[number // 10 % 4]
            axes.plot(*point, marker, label=name)
        axes.set_xscale("log")

    return _figure(draw, x, y)


def reliability(bins: Sequence[tuple[float, float, int]], *, x: str, y: str) -> bytes:
    """Draw a reliability diagram: accuracy by confidence, with 95% intervals, and the diagonal it should follow.

    Parameters
    ----------
    bins : sequence of (float, float, int)
        Mean confidence, accuracy and count of each bin; a point's area is proportional to its count.
    """

    def draw(axes: Axes) -> None:
        most = max(count for _, _, count in bins)
        spans = [wilson(share, count) for _, share, count in bins]
        below = [share - low for (_, share, _), (low, _) in zip(bins, spans, strict=True)]
        above = [high - share for (_, share, _), (_, high) in zip(bins, spans, strict=True)]
        xs, ys = [confidence for confidence, _, _ in bins], [share for _, share, _ in bins]
        axes.plot([0, 1], [0, 1], "--", color="gray", linewidth=1, label="as it should be")
        axes.errorbar(xs, ys, [below, above], fmt="none", color="C0", alpha=0.5)
        axes.scatter(xs, ys, [20 + 380 * count / most for _, _, count in bins], label="measured (area: count)")
        for confidence, share, count in bins:
            axes.annotate(f"{count:,}", (confidence, share), (9, -11), textcoords="offset points", fontsize="small")

    return _figure(draw, x, y)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95% interval of a share of ``count`` trials (Wilson 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5
    return min(middle - half, share), max(middle + half, share)


def _figure(draw: Callable[[Axes], None], x: str, y: str) -> bytes:
    # Not pyplot: it keeps every figure alive, and picks a window system.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(visible=True, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", fontsize="small", frameon=False)
    file = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(file, format="png")
    return file.getvalue()
