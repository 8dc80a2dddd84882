"""``evaluate bench-index-types``: what vectors are best kept in, by the number of products."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click
import numpy as np
from elasticsearch import Elasticsearch

from es_mappings.vector_index import SearchWidth, VectorIndexType
from evaluation import contenders, indexing, plots
from evaluation.clustered import Catalogue, clustered
from evaluation.contenders import Answer, Contender
from evaluation.racing import Track, race
from evaluation.report import Picture, Report, Table
from evaluation.thresholds import RECALL
from evaluation.workload import PAGE, Task, tasks
from indexer.cli.console import errors_in_one_line, report_console

SHARES = (0.1, 1.0)  # of the products that match; below, every match is compared exactly, whatever the index
FLAT = "int8_flat"

console = report_console()


@dataclass(frozen=True)
class Kept:
    """What an index keeps vectors in."""

    index_type: str
    shards: int = 1


@dataclass(frozen=True)
class Measured:
    """What one kind of index, by its label, was measured at among a number of products."""

    products: int
    label: str
    rate: float  # products loaded a second
    stored: float  # bytes a product on disk
    tracks: Mapping[float, Track]  # by the share that matches


@click.command("bench-index-types")
@click.option("--products", "sizes", multiple=True, default=(12_500, 50_000, 200_000), type=click.IntRange(1_000))
@click.option("--type", "types", multiple=True, default=get_args(VectorIndexType), show_default=True)
@indexing.options
@click.option("--queries", default=20, show_default=True, type=click.IntRange(1), help="Requests of each kind.")
def command(
    *,
    sizes: Sequence[int],
    types: Sequence[str],
    url: str | None,
    api_key: str | None,
    queries: int,
    folder: Path,
    out: Path,
) -> None:
    """Measure the hits of a like in every type of vector index, and from how many products on each is the quickest."""
    kept = {index_type: Kept(index_type) for index_type in types}
    with errors_in_one_line(), indexing.server(folder, url, api_key, heap="2g", say=say) as client:
        measured = [one for size in sorted(sizes) for one in measure(client, clustered(size), kept, queries)]
    report = Report("Types of vector index", {"Machine": f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"})
    report.parts += [table(measured), *(_plot(measured, share) for share in SHARES)]
    for share in SHARES:
        for index_type in types:
            if index_type != FLAT:
                report.facts[f"{index_type} at {share:.0%}"] = said(measured, index_type, share)
    console.print(report.parts[0].for_terminal() if isinstance(report.parts[0], Table) else "")
    for what, fact in report.facts.items():
        say(f"{what}: {fact}")
    say(f"Report: {report.write(out, 'index-types')}")


def say(line: str) -> None:
    """Print a line."""
    console.print(line, markup=False, soft_wrap=True)


def measure(client: Elasticsearch, catalogue: Catalogue, kept: Mapping[str, Kept], queries: int) -> list[Measured]:
    """Load one catalogue into an index of each kind, by label, and race them in turns; the indices are removed."""
    names = {label: f"bench-{re.sub('[^a-z0-9]+', '-', label)}" for label in kept}
    try:
        loaded = {label: _load(client, names[label], catalogue, kind) for label, kind in kept.items()}
        entrants = {label: hits(client, names[label], kind.index_type) for label, kind in kept.items()}
        tracks = {share: race(entrants, tasks(catalogue, share, queries), catalogue, warm_up=3) for share in SHARES}
    finally:
        for name in names.values():
            indexing.remove(client, name)
    return [
        Measured(len(catalogue), label, *loaded[label], {share: of_kind[label] for share, of_kind in tracks.items()})
        for label in kept
    ]


def _load(client: Elasticsearch, index: str, catalogue: Catalogue, kind: Kept) -> tuple[float, float]:
    """Fill an index; return products a second, and bytes a product on disk."""
    say(f"{kind.index_type}: loading {len(catalogue):,} products")
    rate = indexing.prepare(client, index, catalogue, SHARES, index_type=kind.index_type, shards=kind.shards)
    indexing.settle(client, index)
    store = client.indices.stats(index=index, metric="store")["_all"]["total"]["store"]["size_in_bytes"]
    return rate, store / len(catalogue)


def hits(client: Elasticsearch, index: str, index_type: str) -> Contender:
    """Return a contender that reads the hits of a like by kNN, as widely as searches begin; counts are left out."""
    width = SearchWidth(index_type)
    build = contenders.knn(10 * PAGE, width.num_candidates, width.oversample)

    def prepare(task: Task) -> Callable[[], Answer]:
        request = build(task)[0]

        def send() -> Answer:
            answer = client.search(index=index, body=request, request_cache=False)
            return Answer([int(hit["_id"]) for hit in answer["hits"]["hits"]])

        return send

    return prepare


def said(measured: Sequence[Measured], index_type: str, share: float) -> str:
    """Return, in words, from how many products on an index type is quicker than the flat one, with enough recall."""
    flat = {m.products: m.tracks[share] for m in measured if m.label == FLAT}
    other = {m.products: m.tracks[share] for m in measured if m.label == index_type}
    ratios = [(size, other[size].percentile(50) / flat[size].percentile(50)) for size in sorted(flat.keys() & other)]
    short = [f"{size:,}" for size in sorted(other) if other[size].recall < RECALL]
    recalls = f"; recall@{PAGE} below {RECALL} at {', '.join(short)}" if short else ""
    crossing = quicker_from(ratios)
    if crossing is None:
        last, ratio = ratios[-1]
        return f"takes {ratio:.2f} times as long as {FLAT} at {last:,}" + recalls
    return f"quicker than {FLAT} from {crossing:,.0f} products on" + recalls


def quicker_from(ratios: Sequence[tuple[int, float]]) -> float | None:
    """Return the size from which on a ratio stays below 1, interpolated over the sizes' logarithms; None if it doesn't.

    Parameters
    ----------
    ratios : sequence of (int, float)
        Number of products and ratio of times, from the fewest products on.
    """
    slower = [number for number, (_, ratio) in enumerate(ratios) if ratio >= 1]
    if not slower:
        return float(ratios[0][0])
    if slower[-1] == len(ratios) - 1:
        return None
    (before, above), (after, below) = ratios[slower[-1] : slower[-1] + 2]
    part = (above - 1) / (above - below)
    return float(np.exp(np.log(before) + part * (np.log(after) - np.log(before))))


def table(measured: Sequence[Measured]) -> Table:
    """Tabulate what each type costs to load and to keep, and how quickly and well it finds."""
    columns = [f"{what}, {share:.0%}" for share in SHARES for what in ("p50 ms", "p95", "recall@24")]
    rows = []
    for m in measured:
        figures = [
            figure
            for track in m.tracks.values()
            for figure in (f"{track.percentile(50):.1f}", f"{track.percentile(95):.1f}", f"{track.recall:.3f}")
        ]
        rows.append((f"{m.products:,} in {m.label}", f"{m.rate:,.0f}", f"{m.stored:,.0f}", *figures))
    return Table("Hits of a like", ("", "loaded/s", "bytes on disk", *columns), rows)


def _plot(measured: Sequence[Measured], share: float) -> Picture:
    types = dict.fromkeys(m.label for m in measured)
    series = {t: [(m.products, m.tracks[share].percentile(50)) for m in measured if m.label == t] for t in types}
    title = f"Milliseconds by number of products, {share:.0%} matching"
    return Picture(title, plots.lines(series, x="products", y="ms, p50", log_x=True, log_y=True), title)
