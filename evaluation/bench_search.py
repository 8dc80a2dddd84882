"""``make bench``: latency and recall of pages sorted by similarity."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click
from elasticsearch import Elasticsearch

from demo.services import ServiceError, start_elasticsearch
from es_mappings.planner import Thresholds
from evaluation import contenders, indexing, libraries, tables
from evaluation.clustered import Catalogue, clustered, size_of
from evaluation.contenders import Contender, page
from evaluation.racing import Track, race
from evaluation.thresholds import Depth, Speed, derive
from evaluation.workload import MODES, presets, tasks
from indexer.cli.console import errors_in_one_line, progress_bar, report_console

SHARES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
CANDIDATES = (240, 500, 1_000, 2_000, 4_000)
LIKES = 3  # of each request, where the modes are compared

console = report_console()


@dataclass(frozen=True)
class Bench:
    """The index, products and thresholds that all measurements share."""

    client: Elasticsearch
    index: str
    catalogue: Catalogue
    queries: int
    thresholds: Thresholds
    index_type: str

    def matched(self, share: float) -> int:
        """Return the number of products that match."""
        return size_of(share, len(self.catalogue))

    def by_elasticsearch(self) -> dict[str, Contender]:
        """Return the contenders that return whole pages, and plain kNN, which doesn't."""
        thresholds = self.thresholds
        planned = contenders.planned(thresholds, lambda task: self.matched(task.share), len(self.catalogue))
        knn = contenders.knn(thresholds.knn_depth, thresholds.num_candidates, thresholds.oversample)
        builders = {
            tables.RELEVANCE: contenders.relevance,
            tables.PLANNED: planned,
            EXACT: contenders.exact,
            KNN: knn,
            NAIVE: contenders.naive_script,
            PLAIN: contenders.plain_knn,
        }
        return {name: page(self.client, self.index, build) for name, build in builders.items()}


EXACT, KNN, NAIVE, PLAIN = "exact", "kNN", "naive script_score", "plain kNN"


@click.command("bench")
@click.option("--products", default=200_000, show_default=True, type=click.IntRange(100))
@click.option("--url", envvar="ELASTICSEARCH_URL", help="Elasticsearch; without one it is started.")
@click.option("--api-key", envvar="ELASTICSEARCH_API_KEY", help="Of that server.")
@click.option("--index", default="bench-search", show_default=True)
@click.option("--index-type", help="index_options.type of the vectors, such as int8_hnsw or int8_flat.")
@click.option("--shards", default=1, show_default=True)
@click.option("--queries", default=40, show_default=True, help="Requests measured for each contender.")
@click.option("--folder", default=Path(".data/bench"), show_default=True, type=click.Path(path_type=Path))
@click.option("--keep", is_flag=True, help="Leave the index for the next run.")
@click.option("--quick", is_flag=True, help="Fewer requests, four shares, no libraries.")
def command(
    *,
    products: int,
    url: str | None,
    api_key: str | None,
    index: str,
    index_type: str | None,
    shards: int,
    queries: int,
    folder: Path,
    keep: bool,
    quick: bool,
) -> None:
    """Measure pages sorted by similarity on products with clustered vectors."""
    shares = (0.001, 0.01, 0.1, 1.0) if quick else SHARES
    with errors_in_one_line(), ExitStack() as stack:
        try:
            service = start_elasticsearch(folder.resolve() / "elasticsearch", url=url, heap="2g", say=say)
            stack.callback(service.stop)
            say(f"Elasticsearch: {service.how}")
            client = Elasticsearch(service.url, api_key=api_key, request_timeout=120)
            vector_type = index_type or str(indexing.vector_options()["type"])
            bench = Bench(
                client, index, clustered(products), min(queries, 12) if quick else queries, Thresholds(), vector_type
            )
            if not keep:
                stack.callback(indexing.remove, client, index)
            load(bench, shares, shards)
            report(bench, shares, with_libraries=not quick)
        except (ServiceError, indexing.NotOursError) as error:
            raise click.ClickException(str(error)) from error


def say(line: str) -> None:
    """Print a line."""
    console.print(line, markup=False, soft_wrap=True)


def load(bench: Bench, shares: Sequence[float], shards: int) -> None:
    """Fill the index, and wait for its merges to end."""
    with progress_bar() as progress:
        task = progress.add_task("Loading products", total=len(bench.catalogue))
        rate = indexing.prepare(
            bench.client,
            bench.index,
            bench.catalogue,
            shares,
            index_type=bench.index_type,
            shards=shards,
            step=lambda done: progress.update(task, completed=done),
        )
    segments = indexing.settle(bench.client, bench.index)
    loaded = f"loaded at {rate:,.0f} per second" if rate else "from an earlier run"

    say(f"Index: {len(bench.catalogue):,} products {loaded}, {segments} segments")


def report(bench: Bench, shares: Sequence[float], *, with_libraries: bool) -> None:
    """Measure everything and print it."""
    speeds, depths = [], []
    outside: dict[str, Contender] = {"NumPy brute force": libraries.brute_force(bench.catalogue)}
    if with_libraries:
        for name, make in libraries.available(say).items():
            say(f"{name}: building its graph")
            outside[name] = make(bench.catalogue)
    for share in shares:
        tracks = _race(bench, f"{share:.1%} match", bench.by_elasticsearch(), share)
        # A race of their own: they use all cores and caches, and would slow the next request.
        tracks |= _race(bench, f"{share:.1%}, libraries", outside, share)
        console.print(tables.speed_table(share, bench.matched(share), tracks, [PLAIN, *outside]))
        speeds.append(Speed(bench.matched(share), tracks[EXACT].percentile(50), tracks[KNN].percentile(50)))
        depths += depths_at(bench, share)
    several = by_preset_and_mode(bench, shares)
    console.print(tables.recall_table(several, shares))
    console.print(tables.ratio_table(several, shares, LIKES))
    console.print(tables.threshold_table(bench.thresholds, derive(speeds, depths, bench.thresholds)))
    say(f"Load average of the machine, 1, 5 and 15 minutes: {os.getloadavg()}")


def depths_at(bench: Bench, share: float) -> list[Depth]:
    """Measure the recall of kNN at growing numbers of candidates."""
    depth, oversample = bench.thresholds.knn_depth, bench.thresholds.oversample
    # Without a graph every match is a candidate.
    numbers = CANDIDATES if "hnsw" in bench.index_type else [bench.thresholds.num_candidates]
    swept = {str(n): page(bench.client, bench.index, contenders.knn(depth, n, oversample)) for n in numbers}
    tracks = _race(bench, f"{share:.1%}, candidates", swept, share)
    return [Depth(share, int(number), track.recall) for number, track in tracks.items()]


def by_preset_and_mode(bench: Bench, shares: Sequence[float]) -> tables.Tracks:
    """Measure the planner's choice with several likes, and the page by relevance."""
    rows: tables.Tracks = {}
    builders = bench.by_elasticsearch()
    entrants = {name: builders[name] for name in (tables.RELEVANCE, tables.PLANNED)}
    with progress_bar() as progress:
        bar = progress.add_task("Presets and modes", total=len(presets()) * len(MODES) * len(shares))
        for preset, weights in presets().items():
            for mode in MODES:
                rows[preset, mode] = {}
                for share in shares:
                    count = max(4, bench.queries // 4)
                    drawn = tasks(bench.catalogue, share, count, mode=mode, anchors=LIKES, weights=[weights])
                    rows[preset, mode][share] = race(entrants, drawn, bench.catalogue, warm_up=1)
                    progress.advance(bar)
    return rows


def _race(bench: Bench, what: str, entrants: dict[str, Contender], share: float) -> dict[str, Track]:
    with progress_bar() as progress:
        bar = progress.add_task(what, total=bench.queries)
        step: Callable[[], object] = lambda: progress.advance(bar)  # noqa: E731 - a name for the line's sake
        return race(entrants, tasks(bench.catalogue, share, bench.queries), bench.catalogue, step=step)
