"""``lookalike evaluate neighbours``: recall and latency of structures for nearest neighbours, by dimensions."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
from elasticsearch import Elasticsearch
from threadpoolctl import threadpool_limits

from es_mappings.layout import Layout, Vector
from evaluation import elastic_structures, indexing
from evaluation.clustered import clustered
from evaluation.neighbours_report import Row, make_report
from evaluation.report import Table
from evaluation.structures import Build, Built, UnavailableError, brute_force, in_process
from indexer.cli.console import progress_bar, report_console

DIMS = (32, 64, 128, 256, 512, 1024, 2048)
TRUTH = "brute force (NumPy)"

console = report_console()
Opener = Callable[[Vector], AbstractContextManager[Built]]


@dataclass(frozen=True)
class Sizes:
    """The sizes of a race: vectors to search among, queries, neighbours to find."""

    vectors: int
    queries: int
    k: int


class RowFile:
    """A file of measured rows, so that an interrupted run resumes where it stopped."""

    def __init__(self, file: Path, sizes: Sizes) -> None:
        self._file, self._sizes = file, asdict(sizes)
        self._rows: dict[tuple[str, int], Row] = {}
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        for line in lines:
            fields = json.loads(line)
            if fields.pop("sizes") == self._sizes:
                row = Row(**{**fields, "milliseconds": tuple(fields["milliseconds"])})
                self._rows[row.structure, row.dims] = row

    def get(self, structure: str, dims: int) -> Row | None:
        """Return a measured row, or None if there is none."""
        row = self._rows.get((structure, dims))
        return None if row is None or row.missing else row

    def add(self, row: Row) -> None:
        """Append a row."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"sizes": self._sizes, **asdict(row)}) + "\n")


@click.command("neighbours")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the report.")
@click.option("--vectors", default=20_000, show_default=True, type=click.IntRange(200), help="Vectors to search among.")
@click.option("--queries", default=100, show_default=True, type=click.IntRange(1))
@click.option("--k", default=24, show_default=True, type=click.IntRange(1, 100), help="Neighbours to find.")
@click.option("--dims", multiple=True, type=click.IntRange(2, 4096), default=DIMS, help="Dimensions; repeatable.")
@click.option("--only", default="", metavar="TEXT", help="Only structures whose name contains this.")
@click.option("--anew", is_flag=True, help="Measure everything again, ignoring earlier runs.")
@click.option("--url", envvar="ELASTICSEARCH_URL", help="Elasticsearch; by default one is started.")
@click.option("--api-key", envvar="ELASTICSEARCH_API_KEY", help="API key of that server.")
@click.option("--folder", default=Path(".data/bench"), show_default=True, type=click.Path(path_type=Path))
def command(
    *,
    out: Path,
    vectors: int,
    queries: int,
    k: int,
    dims: tuple[int, ...],
    only: str,
    anew: bool,
    url: str | None,
    api_key: str | None,
    folder: Path,
) -> None:
    """Race brute force, trees, graphs and Elasticsearch's index types: recall, latency, build time, size.

    An interrupted run resumes where it stopped when called again.
    """
    file, sizes = out / "neighbours.jsonl", Sizes(vectors, queries, k)
    if anew:
        file.unlink(missing_ok=True)
    with indexing.server(folder, url, api_key, heap="2g", say=console.print, timeout=300.0) as client:
        chosen = {name: opened for name, opened in structures(client).items() if only.lower() in name.lower()}
        if not chosen:
            raise click.BadParameter(f"no structure's name contains {only!r}", param_hint="--only")
        rows = list(_measure_all(chosen, sizes, sorted(set(dims)), RowFile(file, sizes)))
    report = make_report(rows, k)
    report.facts = {
        "Vectors": f"{vectors:,}, clustered, of unit length; {queries} queries from the same distribution",
        "Machine": f"{os.cpu_count()} cores; load average at the end {os.getloadavg()[0]:.1f}",
    }
    for part in report.parts:
        if isinstance(part, Table):
            console.print(part.for_terminal(200))
    console.print(f"Report: {report.write(out, 'neighbours')}", markup=False, soft_wrap=True)


def structures(client: Elasticsearch) -> dict[str, Opener]:
    """Return all structures by name."""
    openers: dict[str, Opener] = {name: partial(_opened, build) for name, build in in_process()}
    prefix = f"neighbours-{secrets.token_hex(4)}"
    for kind in elastic_structures.TYPES:
        openers[f"Elasticsearch {kind}"] = partial(elastic_structures.built, client, f"{prefix}-{kind}", kind)
    return openers


def measure(name: str, opened: Opener, vectors: Vector, queries: Vector, truth: list[set[int]]) -> Row:
    """Build one structure, search it, and compare its answers with the truth.

    Parameters
    ----------
    vectors, queries : ndarray of float32, shapes (n, dims) and (queries, dims)
        Unit vectors.
    truth : list of set of int
        The k nearest vectors of each query.
    """
    dims, k = vectors.shape[1], len(truth[0])
    begun = time.perf_counter()
    try:
        with opened(vectors) as built:
            build_seconds = time.perf_counter() - begun
            times, recalls = [], []
            with threadpool_limits(1):  # BLAS as well: graphs and trees search on one thread
                for query in queries[:5]:  # warm up
                    built.search(query, k)
                for query, nearest in zip(queries, truth, strict=True):
                    begun = time.perf_counter()
                    neighbours = built.search(query, k)
                    times.append((time.perf_counter() - begun) * 1_000)
                    recalls.append(len(nearest & set(neighbours)) / k)
            return Row(name, dims, float(np.mean(recalls)), tuple(times), build_seconds, built.size)
    except UnavailableError as error:
        return Row(name, dims, missing=str(error))


def _measure_all(chosen: dict[str, Opener], sizes: Sizes, every_dims: list[int], measured: RowFile) -> Iterator[Row]:
    warm: set[str] = set()
    with progress_bar() as progress:
        task = progress.add_task("Structures", total=len(every_dims) * len(chosen))
        for dims in every_dims:
            race = None
            for name, opened in chosen.items():
                row = measured.get(name, dims)
                if row is None:
                    progress.update(task, description=f"{dims} dimensions, {name}")
                    race = race or _draw(sizes, dims)
                    if name not in warm:  # imports libraries, compiles code
                        measure(name, opened, race[0][:500], race[1][:1], race[2][:1])
                        warm.add(name)
                    row = measure(name, opened, *race)
                    measured.add(row)
                yield row
                progress.advance(task)


def _draw(sizes: Sizes, dims: int) -> tuple[Vector, Vector, list[set[int]]]:
    """Draw vectors, other vectors of the same clusters as queries, and find the nearest of each query."""
    drawn = clustered(sizes.vectors + sizes.queries, layout=Layout.of({"all": dims})).vectors
    vectors, queries = (np.ascontiguousarray(part) for part in np.split(drawn, [sizes.vectors]))
    exact = brute_force(vectors)
    return vectors, queries, [set(exact.search(query, sizes.k)) for query in queries]


@contextmanager
def _opened(build: Build, vectors: Vector) -> Iterator[Built]:
    yield build(vectors)
