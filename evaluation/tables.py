"""Tables of ``make bench`` for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich import box
from rich.table import Table

from es_mappings.planner import Thresholds
from evaluation.clustered import category
from evaluation.racing import Track

RELEVANCE, PLANNED = "by relevance", "planner's choice"
GOAL_RATIO, GOAL_RECALL = 2.0, 0.99

Tracks = dict[tuple[str, str], dict[float, dict[str, Track]]]
"""Tracks by preset and mode, share of matching products, and contender."""


def speed_table(share: float, matched: int, tracks: Mapping[str, Track], others: Sequence[str]) -> Table:
    """Tabulate one share of matching products: times, their ratios to the page by relevance, recall.

    Parameters
    ----------
    others : sequence of str
        Contenders that don't return whole pages; no goal applies to them.
    """
    table = _table(f"{category(share)} of the products match: {matched:,}")
    for heading in ("p50 ms", "p95 ms", "p50 ratio", "p95 ratio", "recall@24"):
        table.add_column(heading, justify="right")
    table.add_column("true totals")
    yardstick = tracks[RELEVANCE]
    for name, track in tracks.items():
        ratios = [track.percentile(p) / yardstick.percentile(p) for p in (50, 95)]
        judged = name not in (RELEVANCE, *others)
        table.add_row(
            name,
            *(f"{track.percentile(p):.1f}" for p in (50, 95)),
            *(_colored(f"{ratio:.2f}", bad=judged and ratio > GOAL_RATIO) for ratio in ratios),
            "" if name == RELEVANCE else _colored(f"{track.recall:.3f}", bad=judged and track.recall < GOAL_RECALL),
            "yes" if name == RELEVANCE or (track.totals_true and name not in others) else "no",
        )
    return table


def recall_table(rows: Tracks, shares: Sequence[float]) -> Table:
    """Tabulate the recall of the planner's choice: a row for each preset and mode, a column for each share."""
    table = _by_share("Recall@24 of the planner's choice, by aspect preset and mode", shares)
    for (preset, mode), by_share in rows.items():
        recalls = [by_share[share][PLANNED].recall for share in shares]
        table.add_row(preset, mode, *(_colored(f"{recall:.3f}", bad=recall < GOAL_RECALL) for recall in recalls))
    return table


def ratio_table(rows: Tracks, shares: Sequence[float], likes: int) -> Table:
    """Tabulate what several likes cost: p50 and p95 of the planner's choice as ratios to the page by relevance."""
    table = _by_share(f"p50 and p95 ratio to the page by relevance, {likes} likes", shares)
    for mode in dict.fromkeys(mode for _, mode in rows):
        by_mode = [by_share for (_, row_mode), by_share in rows.items() if row_mode == mode]
        tracks = {share: [by_share[share] for by_share in by_mode] for share in shares}
        for percent in (50, 95):
            ratios = [_ratio(tracks[share], percent) for share in shares]
            cells = (_colored(f"{ratio:.2f}", bad=ratio > GOAL_RATIO) for ratio in ratios)
            table.add_row("all presets", f"{mode} p{percent}", *cells)
    return table


def _ratio(tracks: Sequence[Mapping[str, Track]], percent: float) -> float:
    """Return the ratio of the planner's choice to the page by relevance, over all their times."""
    chosen, yardstick = (
        Track([time for track in tracks for time in track[name].milliseconds]) for name in (PLANNED, RELEVANCE)
    )
    return chosen.percentile(percent) / yardstick.percentile(percent)


def _by_share(title: str, shares: Sequence[float]) -> Table:
    table = _table(title)
    table.add_column("mode")
    for share in shares:
        table.add_column(category(share), justify="right")
    return table


def threshold_table(current: Thresholds, measured: Thresholds) -> Table:
    """Tabulate the planner's thresholds next to those that the measurements suggest."""
    table = _table("Thresholds of es_mappings/planner.py")
    table.add_column("now", justify="right")
    table.add_column("measured", justify="right")
    for (name, now), new in zip(asdict(current).items(), asdict(measured).values(), strict=True):
        table.add_row(name, f"{now:,}", f"{new:,}" if new != now else "the same")
    return table


def _table(title: str) -> Table:
    # Narrow enough for the 80 columns of a log.
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    return table


def _colored(text: str, *, bad: bool) -> str:
    return f"[red]{text}[/red]" if bad else text
