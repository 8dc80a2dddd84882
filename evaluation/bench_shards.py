"""``evaluate bench-shards``: how quickly and how well a like is answered by an index of one shard or of several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from evaluation import indexing
from evaluation.bench_index_types import FLAT, Kept, measure, say, table
from evaluation.clustered import clustered
from evaluation.report import Report
from indexer.cli.console import errors_in_one_line, report_console


@click.command("bench-shards")
@click.option("--products", default=200_000, show_default=True, type=click.IntRange(1_000))
@click.option("--shards", "counts", multiple=True, default=(1, 2, 4), show_default=True, type=click.IntRange(1, 64))
@click.option("--type", "index_type", default=FLAT, show_default=True, help="The vectors' index_options.type.")
@indexing.options
@click.option("--queries", default=40, show_default=True, type=click.IntRange(1), help="Requests of each kind.")
def command(
    *,
    products: int,
    counts: Sequence[int],
    index_type: str,
    url: str | None,
    api_key: str | None,
    queries: int,
    folder: Path,
    out: Path,
) -> None:
    """Measure the hits of a like by shards, in turns: on one node, they share its cores."""
    kept = {f"{n} shard{'s' if n > 1 else ''} of {index_type}": Kept(index_type, n) for n in counts}
    with errors_in_one_line(), indexing.server(folder, url, api_key, heap="2g", say=say) as client:
        measured = measure(client, clustered(products), kept, queries)
    report = Report("Shards", {"Machine": f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"}, [table(measured)])
    report_console().print(table(measured).for_terminal())
    say(f"Report: {report.write(out, 'shards')}")
