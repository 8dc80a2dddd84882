"""``evaluate bench-writes``: what a product's vector costs Elasticsearch and a worker, and what limits several workers.

Images and models are simulated, so that reading and writing Elasticsearch is all that takes time.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import click
from elasticsearch import Elasticsearch
from more_itertools import chunked, divide

from evaluation import indexing
from evaluation.report import Report, Table
from evaluation.simulated_pipeline import simulated_pipeline
from indexer.catalog.events import Upsert
from indexer.catalog.products import Product
from indexer.cli.console import errors_in_one_line, report_console
from indexer.elastic.loading import apply_events
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space

_CHUNK = 500  # products loaded at a time
_WARM_UP = 4_000  # products embedded twice first, until the JVM has compiled most; the vector space is fitted on them


@dataclass(frozen=True)
class Cost:
    """What some workers took to embed products.

    Attributes
    ----------
    rate : float
        Products a second.
    loading, elasticsearch, worker : float
        Milliseconds of a core for a product: of Elasticsearch for its document, of Elasticsearch for its vector, and of
        the workers for its vector.
    """

    workers: int
    rate: float
    loading: float
    elasticsearch: float
    worker: float


class _Work(NamedTuple):
    settings: Settings
    ids: list[str]
    start: float  # when all begin, in seconds since the epoch


@click.command("bench-writes")
@click.option(
    "--products", default=10_000, show_default=True, type=click.IntRange(100), help="For each number of workers."
)
@click.option("--workers", "counts", multiple=True, default=(1, 2, 4), show_default=True, type=click.IntRange(1, 64))
@indexing.options
def command(
    *, products: int, counts: Sequence[int], url: str | None, api_key: str | None, folder: Path, out: Path
) -> None:
    """Measure what a product's vector costs Elasticsearch and a worker, without images and models."""
    console = report_console()
    with errors_in_one_line(), indexing.server(folder, url, api_key, heap="2g", say=console.print) as client:
        costs, stored = measure(client, products, counts)
    facts = {"Machine": f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}", "Stores of activations": stored}
    report = Report("Writing vectors", facts, [_table(costs)])
    console.print(_table(costs).for_terminal())
    console.print(f"Stores of activations: {stored}")
    console.print(f"Report: {report.write(out, 'writes')}")


def measure(
    client: Elasticsearch, products: int, counts: Sequence[int], warm_up: int = _WARM_UP
) -> tuple[list[Cost], str]:
    """Embed as many new products by each number of workers; return what it cost, and what activations take on disk."""
    url = str(next(iter(client.transport.node_pool.all())).base_url)
    settings = Settings.from_environment().model_copy(
        update={"elasticsearch_url": url, "index_name": f"bench-writes-{uuid4().hex[:8]}"}
    )
    index = ProductIndex.open(settings)
    index.ensure()
    try:
        pipeline = simulated_pipeline(index, settings)
        pipeline.vectorize(_load(index, warm_up))
        fit_space(index, pipeline.vectorizers)
        _embed(_Work(settings, _load(index, warm_up), 0.0))
        costs = [_cost(client, index, settings, products, count) for count in counts]
        return costs, _disk(client, index)
    finally:
        client.indices.delete(index=list(client.indices.get(index=index.store("*"), expand_wildcards="all").body))


def _cost(client: Elasticsearch, index: ProductIndex, settings: Settings, products: int, workers: int) -> Cost:
    before = _cpu_seconds(client)
    ids = _load(index, products)
    loading = _cpu_seconds(client) - before
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as processes:
        list(processes.map(_connect, [settings] * workers))
        start, before = time.time() + 1.0, _cpu_seconds(client)
        work = [_Work(settings, list(part), start) for part in divide(workers, ids)]
        done = list(processes.map(_embed, work))
    took, cpu = max(end for end, _ in done) - start, _cpu_seconds(client) - before
    each = 1_000 / products
    return Cost(workers, products / took, loading * each, cpu * each, sum(own for _, own in done) * each)


def _connect(settings: Settings) -> None:
    simulated_pipeline(ProductIndex.open(settings), settings)
    time.sleep(1.0)  # so that each process takes one of these


def _embed(work: _Work) -> tuple[float, float]:
    """Embed products from the start on; return the end, and the seconds of a core that this process took."""
    pipeline = simulated_pipeline(ProductIndex.open(work.settings), work.settings)
    time.sleep(max(0.0, work.start - time.time()))
    before = time.process_time()
    report = pipeline.vectorize(work.ids, recheck=True)
    if len(report.written) != len(work.ids):
        raise RuntimeError(f"{len(report.written)} of {len(work.ids)} vectors were written: {report.failed}")
    return time.time(), time.process_time() - before


def _load(index: ProductIndex, count: int) -> list[str]:
    """Write products without vectors; return their ids."""
    ids = [uuid4().hex for _ in range(count)]
    for part in chunked(ids, _CHUNK):
        products = (Product(id=i, title=f"Product {i}", images=[f"https://shop.example/{i}.jpg"]) for i in part)
        apply_events(index, [Upsert(type="upsert", product=product) for product in products])
    return ids


def _cpu_seconds(client: Elasticsearch) -> float:
    """Return the seconds of a core that Elasticsearch's nodes have taken."""
    nodes = client.nodes.stats(metric="process")["nodes"].values()
    return float(sum(node["process"]["cpu"]["total_in_millis"] for node in nodes)) / 1_000


def _disk(client: Elasticsearch, index: ProductIndex) -> str:
    names = list(client.indices.get(index=f"{index.store('images-*')},{index.store('texts-*')}").body)
    client.indices.forcemerge(index=names, max_num_segments=1)
    client.indices.refresh(index=names)  # lets go of the segments that were merged
    size = client.indices.stats(index=names, metric="store")["_all"]["primaries"]["store"]["size_in_bytes"]
    return f"{size / index.client.count(index=index.name)['count'] / 1_000:.1f} kB a product, merged"


def _table(costs: Sequence[Cost]) -> Table:
    rows = [
        [f"{c.workers}", f"{c.rate:,.0f}", f"{c.loading:.2f}", f"{c.elasticsearch:.2f}", f"{c.worker:.2f}"]
        for c in costs
    ]
    columns = ["Workers", "Vectors/s", "Elasticsearch, document", "Elasticsearch, vector", "Worker, vector"]
    note = "The last three in milliseconds of a core for a product."
    return Table("Writing vectors, images and models simulated", columns, rows, note)
