"""``make bench-scale``: what the clicks of a shopper cost among a million products, against a page by relevance."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click
import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from evaluation import contenders, engines, indexing, libraries, plots, visits
from evaluation.clustered import Catalogue, clustered, product_id, size_of
from evaluation.contenders import Contender, page
from evaluation.racing import Track, race
from evaluation.report import Picture, Report, Table
from evaluation.workload import tasks
from indexer.cli.console import errors_in_one_line, report_console
from indexer.elastic.product_index import ProductIndex
from search.cursors import Cursors
from search.navigation import Navigation

SHARES = (0.0001, 0.001, 0.01, 0.1, 1.0)  # products anywhere in the index, as those of an attribute are ...
CATEGORIES = ("department 3/kind 2", "department 3")  # ... and products that lie together
ONE_REQUEST, NAIVE, PLAIN = "by relevance, one request", "naive script_score", "plain filtered kNN"
CLIENTS, UPDATES_A_SECOND, HEAP = 8, 50, "3g"

console = report_console()
Tracks = dict[float, dict[str, Track]]


@dataclass(frozen=True)
class Bench:
    """The index and the products that all measurements share."""

    client: Elasticsearch
    alias: str
    catalogue: Catalogue
    queries: int

    @cached_property
    def navigation(self) -> Navigation:
        """The Navigation Service of the index, in this process."""
        return Navigation(ProductIndex(self.client, self.alias), Cursors(secrets.token_hex(16)))

    @cached_property
    def filters(self) -> visits.NewFilters:
        """Filters that no visit has used."""
        return visits.NewFilters()

    def entrants(self) -> dict[str, Contender]:
        """Return what is raced: pages by relevance, a shopper's clicks, and other ways to sort a page."""
        ways = {ONE_REQUEST: contenders.relevance, NAIVE: contenders.naive_script, PLAIN: contenders.plain_knn}
        by_request = {name: page(self.client, self.alias, build) for name, build in ways.items()}
        return {**by_request, **visits.contenders(self.navigation, self.filters)}


@click.command("bench-scale")
@click.option("--products", default=1_000_000, show_default=True, type=click.IntRange(1_000))
@indexing.options
@click.option("--index", "alias", default="bench-scale", show_default=True)
@click.option("--index-type", help="index_options.type of the vectors, such as int8_hnsw; by default the mapping's.")
@click.option("--queries", default=20, show_default=True, type=click.IntRange(1), help="Requests of each kind.")
@click.option("--keep", is_flag=True, help="Leave the index for the next run.")
@click.option(
    "--libraries",
    "with_libraries",
    is_flag=True,
    help="Race other libraries and engines, too: top 24 only.",
)
def command(
    *,
    products: int,
    url: str | None,
    api_key: str | None,
    alias: str,
    index_type: str | None,
    queries: int,
    folder: Path,
    out: Path,
    keep: bool,
    with_libraries: bool,
) -> None:
    """Measure first pages, likes, sliders and further pages of a large shop, alone, by eight clients, under updates."""
    with errors_in_one_line(), ExitStack() as stack:
        client = stack.enter_context(indexing.server(folder, url, api_key, heap=HEAP, say=say))
        bench = Bench(client, alias, clustered(products), queries)
        if not keep:
            stack.callback(indexing.remove, client, f"{alias}-1")
        report = Report(f"{products:,} products", load(bench, index_type))
        for parts in measure(bench, with_libraries=with_libraries):
            report.parts += parts
            for part in parts:
                if isinstance(part, Table):
                    console.print(part.for_terminal())
            report.facts["Machine"] = f"{os.cpu_count()} cores; load average at the end {os.getloadavg()[1]:.1f}"
            report.write(out, "scale")  # so that a run that is stopped has shown what it measured
        say(f"Report: {out / 'scale.html'}")


def say(line: str) -> None:
    """Print a line."""
    console.print(line, markup=False, soft_wrap=True)


def load(bench: Bench, index_type: str | None) -> dict[str, str]:
    """Fill the index, wait for its merges, and return what that took."""
    kind, index = index_type or str(indexing.vector_options()["type"]), f"{bench.alias}-1"
    rate = indexing.prepare(bench.client, index, bench.catalogue, SHARES, index_type=kind)
    segments = indexing.settle(bench.client, index)
    bench.client.indices.put_alias(index=index, name=bench.alias)
    stored = bench.client.indices.stats(index=index, metric="store")["_all"]["total"]["store"]["size_in_bytes"]
    return {
        "Index": f"{kind}, {segments} segments, {stored / len(bench.catalogue):,.0f} bytes a product on disk",
        "Loaded": f"{rate:,.0f} products a second" if rate else "by an earlier run",
    }


def measure(bench: Bench, *, with_libraries: bool) -> Iterator[list[Table | Picture]]:
    """Measure everything, and yield the parts of the report as they are measured."""
    entrants = bench.entrants()
    alone: Tracks = {}
    for share in SHARES:
        alone[share] = _race(bench, entrants, share)
        matched = size_of(share, len(bench.catalogue))
        yield [speed_table(f"{matched:,} match ({share:.2%}), one client", alone[share])]
    yield [_plot(alone)]
    for within in CATEGORIES:
        matched = int(bench.catalogue.selected(1.0, within).sum())
        tracks = _race(bench, entrants, matched / len(bench.catalogue), within)
        yield [speed_table(f"{matched:,} in {within} ({matched / len(bench.catalogue):.2%}), one client", tracks)]
    yield [throughput_table(bench)]
    with updates(bench):
        for share in SHARES[2:]:
            tracks = _race(bench, entrants, share)
            yield [speed_table(f"{share:.2%}, {UPDATES_A_SECOND} updates a second", tracks)]
    if with_libraries:
        yield from _race_libraries(bench, entrants)


def _race_libraries(bench: Bench, entrants: Mapping[str, Contender]) -> Iterator[list[Table | Picture]]:
    """Race what finds only the top 24, without keywords, totals or facets, with a page by relevance and a like."""
    ours = {name: entrants[name] for name in (visits.RELEVANCE, visits.LIKE)}
    makers = {"NumPy brute force": libraries.brute_force, **libraries.available(say)}
    inside = {name: make(bench.catalogue) for name, make in makers.items()}
    with engines.opened(bench.catalogue, say) as outside:
        raced = {**ours, **inside, **outside}
        for share in SHARES:
            tracks = race(raced, tasks(bench.catalogue, share, bench.queries), bench.catalogue, warm_up=2)
            yield [speed_table(f"{share:.2%}, others: top 24 only", tracks)]


def speed_table(title: str, tracks: Mapping[str, Track]) -> Table:
    """Tabulate times, their ratios to the page by relevance if it is among them, and recall."""
    yardstick = tracks.get(visits.RELEVANCE)
    rows = []
    for name, track in tracks.items():
        times = [f"{track.percentile(p):.1f}" for p in (50, 95, 99)]
        ratios = [f"{track.percentile(p) / yardstick.percentile(p):.2f}" if yardstick else "" for p in (50, 95)]
        rows.append((name, *times, *ratios, "" if "relevance" in name else f"{track.recall:.3f}"))
    return Table(title, ("", "p50 ms", "p95", "p99", "p50 ratio", "p95 ratio", "recall@24"), rows)


def throughput_table(bench: Bench) -> Table:
    """Tabulate pages a second of eight clients at once, for pages by relevance and likes, no two of them the same."""
    rows = []
    with ThreadPoolExecutor(CLIENTS) as pool:
        for share in SHARES:
            drawn = tasks(bench.catalogue, share, 4 * bench.queries)
            pages = visits.first_pages(bench.navigation, bench.filters, drawn)
            by_relevance = visits.throughput(pages, pool.map)
            rates = by_relevance, visits.throughput(visits.first_likes(bench.navigation, drawn), pool.map)
            rows.append((f"{share:.2%}", *(f"{rate:.1f}" for rate in rates), f"{rates[1] / rates[0]:.2f}"))
    return Table(f"Pages a second, {CLIENTS} clients", ("Matching", visits.RELEVANCE, visits.LIKE, "ratio"), rows)


@contextmanager
def updates(bench: Bench) -> Iterator[None]:
    """Change prices of random products while the block runs, `UPDATES_A_SECOND` of them, searchable within a second."""
    bench.client.indices.put_settings(index=bench.alias, settings={"refresh_interval": "1s"})
    done, random = threading.Event(), np.random.default_rng(5)

    def write() -> None:
        while not done.wait(1.0):
            ids = [product_id(int(n)) for n in random.integers(0, len(bench.catalogue), UPDATES_A_SECOND)]
            bulk(
                bench.client,
                ({"_op_type": "update", "_index": bench.alias, "_id": i, "doc": {"price": 1}} for i in ids),
            )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()
        bench.client.indices.put_settings(index=bench.alias, settings={"refresh_interval": "30s"})


def _race(bench: Bench, entrants: Mapping[str, Contender], share: float, within: str = "") -> dict[str, Track]:
    tracks = race(entrants, tasks(bench.catalogue, share, bench.queries, within=within), bench.catalogue, warm_up=2)
    if visits.LIKE in entrants:
        only: dict[str, Contender] = {visits.THREE: entrants[visits.LIKE]}
        likes = tasks(bench.catalogue, share, bench.queries, mode="any", anchors=3, within=within)
        drawn = [visits.with_offsets(bench.navigation, task) for task in likes]
        tracks |= race(only, drawn, bench.catalogue, warm_up=1)
    return tracks


def _plot(alone: Tracks) -> Picture:
    names: Sequence[str] = next(iter(alone.values())).keys()  # type: ignore[assignment]
    percentile: Callable[[float, str], float] = lambda share, name: alone[share][name].percentile(50)  # noqa: E731
    series = {name: [(share * 100, percentile(share, name)) for share in alone] for name in names}
    title = "Milliseconds by share of matching products"
    return Picture(title, plots.lines(series, x="matching, %", y="ms, p50", log_x=True), title)
