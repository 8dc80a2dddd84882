"""``lookalike evaluate suggestions``: how long suggestions take, key by key, in a shop of a million products."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import click
import numpy as np

from demo.golden_queries import read_queries, value_queries
from evaluation import indexing
from evaluation.catalogues import read_products
from evaluation.report import Table
from indexer.catalog.documents import product_document
from indexer.cli.console import progress_bar, report_console
from indexer.elastic.client import bulk
from indexer.elastic.product_index import ProductIndex
from indexer.errors import ProductSearchError
from indexer.settings import Settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LEAST = 2  # letters typed before anything is suggested
_WORDS = 20_000  # more in titles than the catalogue has, so that the vocabulary is a large shop's
_SYLLABLES = ("ba", "co", "di", "fel", "gor", "ha", "jin", "ku", "lam", "mer", "no", "pri", "qua", "ros", "sti", "ver")

console = report_console()


@click.command("suggestions")
@click.argument("catalog", type=FILE)
@click.option("--products", default=1_000_000, show_default=True, type=click.IntRange(1))
@click.option("--index", "name", default="bench-suggestions", show_default=True)
@click.option("--keys", default=500, show_default=True, type=click.IntRange(20), help="Keys pressed.")
@click.option("--keep", is_flag=True, help="Leave the index for the next run.")
def command(*, catalog: Path, products: int, name: str, keys: int, keep: bool) -> None:
    """Measure GET /api/suggest, key by key, on the products of CATALOG, repeated under other ids and names.

    Elasticsearch and Redis are those of the settings.
    """
    settings = Settings.from_environment().model_copy(update={"index_name": name, "rate_limit_pages": ""})
    index = ProductIndex.open(settings)
    with ExitStack() as stack:
        if not keep:
            stack.callback(_remove, index)
        load(index, read_products(catalog), products)
        times = measure(settings, typed(keys))
    rows = [(f"p{percent}", f"{np.percentile(times, percent):.1f} ms") for percent in (50, 90, 95, 99)]
    console.print(
        Table(f"Suggestions in {products:,} products, {keys:,} keys", ("Time", "GET /api/suggest"), rows).for_terminal()
    )


def load(index: ProductIndex, products: Sequence[Any], number: int) -> None:
    """Write as many products, unless an earlier run left them there."""
    if index.client.indices.exists_alias(name=index.alias) and index.counts()["all"] == number:
        return
    _remove(index)
    index.ensure()
    [live] = index.versions()
    index.client.indices.put_settings(index=live, settings={"refresh_interval": "60s"})
    documents = [product_document(product) for product in products]
    actions = ({"_index": live, "_id": d["id"], "_source": d} for d in islice(_varied(documents), number))
    with progress_bar() as progress:
        for failure in progress.track(bulk(index.client, actions), total=number, description="Loading products"):
            if failure:
                raise ProductSearchError(f"{live} refused a product: {failure.reason}")
    index.refresh()
    indexing.settle(index.client, live)


def typed(number: int, seed: int = 7) -> list[str]:
    """Return what a search box holds after each key, of queries in random order."""
    texts = [query.text for query in (*read_queries(), *value_queries())]
    draw = random.Random(seed)  # noqa: S311 - no secret
    keys = (text[:end] for text in draw.sample(texts, len(texts)) for end in range(_LEAST, len(text) + 1))
    return list(islice(keys, number))


def measure(settings: Settings, keys: Sequence[str]) -> list[float]:
    """Return the milliseconds of a request for each key, as the application takes them, without the network.

    The first request, which counts the facets that the next ones share for a minute, is not among them.
    """
    from webapp import create_app

    web = create_app(settings).test_client()
    times = []
    for key in ("dress", *keys):
        begun = time.perf_counter()
        answer = web.get("/api/suggest", query_string={"q": key})
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise ProductSearchError(f"GET /api/suggest?q={key} answers {answer.status_code}")
    return times[1:]


def _varied(documents: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Iterate without end over the documents, each with another id and another word in its title."""
    draw = random.Random(0)  # noqa: S311 - no secret
    words = ["".join(draw.choices(_SYLLABLES, k=3)) for _ in range(_WORDS)]
    for number, document in enumerate(cycle(documents)):
        own = {"id": f"p{number}", "style": f"s{number}", "title": f"{document['title']} {draw.choice(words)}"}
        yield document | own


def _remove(index: ProductIndex) -> None:
    for name in index.versions():
        indexing.remove(index.client, name)
