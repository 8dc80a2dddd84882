"""The report of ``lookalike evaluate neighbours``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation import plots
from evaluation.report import Picture, Report, Table

_NOTE = (
    "A kd-tree or ball tree skips whatever lies behind a cut or outside a ball. In more dimensions distances become "
    "alike and nothing can be skipped: the tree visits every vector, and each visit costs more than a row of brute "
    "force (Beyer et al., 'When is nearest neighbor meaningful?', ICDT 1999)."
)


@dataclass(frozen=True)
class Row:
    """The measurements of a structure at a number of dimensions, or why there are none.

    Attributes
    ----------
    recall : float
        Share of the true k nearest that were found.
    milliseconds : tuple of float
        Latency of each query, one after the other, on one thread.
    size : int
        Bytes, vectors included.
    missing : str
        Why it couldn't be measured; empty if it was.
    """

    structure: str
    dims: int
    recall: float = 0.0
    milliseconds: tuple[float, ...] = ()
    build_seconds: float = 0.0
    size: int = 0
    missing: str = ""

    def percentile(self, percent: float) -> float:
        """Return a percentile of the times, in milliseconds."""
        return float(np.percentile(self.milliseconds, percent))


def make_report(rows: Sequence[Row], k: int) -> Report:
    """Return the report of all rows."""
    done = [row for row in rows if not row.missing]
    p50: Callable[[Row], float] = lambda row: row.percentile(50)  # noqa: E731 - a name for the line's sake
    return Report(
        "Nearest neighbours by structure and dimensions",
        parts=[
            _by_dims("Milliseconds per query (p50)", rows, lambda row: f"{row.percentile(50):.2f}", _NOTE),
            _plot("Latency by dimensions", done, p50, "Milliseconds per query (p50)", log=True),
            _by_dims(f"Recall@{k}", rows, lambda row: f"{row.recall:.3f}"),
            _plot("Recall by dimensions", done, lambda row: row.recall, f"Recall@{k}"),
            _by_dims("Seconds to build", rows, lambda row: f"{row.build_seconds:.2f}"),
            _by_dims("Megabytes, vectors included", rows, lambda row: f"{row.size / 1e6:.1f}", _SIZES),
            _missing(rows),
        ],
    )


_SIZES = (
    "In-process structures as serialized; Elasticsearch's index on disk, which keeps float32 vectors in addition to "
    "the quantized ones that its searches read."
)


def _by_dims(title: str, rows: Sequence[Row], cell: Callable[[Row], str], note: str = "") -> Table:
    sizes = sorted({row.dims for row in rows})
    by_key = {(row.structure, row.dims): row for row in rows}
    names = list(dict.fromkeys(row.structure for row in rows))
    lines = [
        (name, *("-" if by_key[name, dims].missing else cell(by_key[name, dims]) for dims in sizes)) for name in names
    ]
    return Table(title, ("Structure", *(str(dims) for dims in sizes)), lines, note)


def _plot(title: str, rows: Sequence[Row], value: Callable[[Row], float], y: str, *, log: bool = False) -> Picture:
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        series.setdefault(row.structure, []).append((row.dims, value(row)))
    drawn = plots.lines(series, x="Dimensions", y=y, log_x=True, log_y=log)
    return Picture(title, drawn, f"{title}, one line per structure")


def _missing(rows: Sequence[Row]) -> Table:
    lines = [(f"{row.structure}, {row.dims} dimensions", row.missing) for row in rows if row.missing]
    return Table("Left out", ("Structure", "Why"), lines or [("nothing", "")])
