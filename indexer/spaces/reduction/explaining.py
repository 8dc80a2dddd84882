"""How many dimensions a reduction needs: kept variance and quality by dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.learned import Learned
from indexer.spaces.reduction.linear import Linear
from indexer.spaces.reduction.measuring import Measure

SIZES = (4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 384, 512)
MAX_LOSS = 0.01  # share of the best quality that fewer dimensions may cost


@dataclass(frozen=True)
class Point:
    """A number of dimensions, with the share of variance that they keep and their quality, both 0 to 1."""

    dims: int
    kept: float
    quality: float


def curve(reduction: Linear | Learned, rows: Vector, measure: Measure) -> list[Point]:
    """Measure a reduction at growing numbers of dimensions; the last point has all."""
    return [
        Point(cut.dims, cut.kept, measure(unit_rows(cut(rows))))
        for cut in (reduction.truncated(size) for size in _sizes(reduction))
    ]


def fewest(points: list[Point]) -> Point:
    """Return the fewest dimensions that lose less than `MAX_LOSS` of the best quality."""
    best = max(point.quality for point in points)
    return next(point for point in points if point.quality > best * (1 - MAX_LOSS) or point.quality == best)


def plot(points: list[Point], chosen: Point, file: Path, title: str) -> None:
    """Draw the curve; the file's suffix decides the format (png, svg, pdf)."""
    from matplotlib.figure import Figure  # here, because it takes half a second to import

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    dims = [point.dims for point in points]
    axes.plot(dims, [point.quality for point in points], "o-", label="NDCG@10")
    axes.plot(dims, [point.kept for point in points], "s--", label="kept variance")
    axes.axvline(
        chosen.dims, color="grey", linestyle=":", label=f"fewest that lose under {MAX_LOSS:.0%}: {chosen.dims}"
    )
    axes.set_xscale("log", base=2)
    axes.set_xticks(dims, [str(d) for d in dims], minor=False)
    axes.set_xlabel("dimensions")
    axes.set_ylim(0, 1.02)
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120)


def _sizes(reduction: Linear | Learned) -> Iterator[int]:
    yield from (size for size in SIZES if size < reduction.dims)
    yield reduction.dims
