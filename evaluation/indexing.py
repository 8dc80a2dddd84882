"""The benchmark's index: created like the product index, loaded once, and kept on request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk

from demo.services import ServiceError, start_elasticsearch
from es_mappings import product
from evaluation.clustered import Catalogue

_MARK = "bench"  # prefix of the vector space of the benchmark's own indices


class NotOursError(Exception):
    """An index of this name exists that the benchmark didn't create."""


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a benchmark's command the options of its `server`, and ``--out``, the folder of its report."""
    for option in (
        click.option("--out", default=Path(".data/reports"), show_default=True, type=click.Path(path_type=Path)),
        click.option("--folder", default=Path(".data/bench"), show_default=True, type=click.Path(path_type=Path)),
        click.option("--api-key", envvar="ELASTICSEARCH_API_KEY", help="Of that server."),
        click.option("--url", envvar="ELASTICSEARCH_URL", help="Elasticsearch; without one it is started."),
    ):
        command = option(command)
    return command


@contextmanager
def server(
    folder: Path, url: str | None, api_key: str | None, *, heap: str, say: Callable[[str], None], timeout: float = 120.0
) -> Iterator[Elasticsearch]:
    """Connect to Elasticsearch; without an address, start one that keeps its data in a folder, and stop it at the end.

    Raises
    ------
    click.ClickException
        It can't be had.
    """
    try:
        service = start_elasticsearch(folder.resolve() / "elasticsearch", url=url, heap=heap, say=say)
    except ServiceError as error:
        raise click.ClickException(str(error)) from error
    try:
        yield Elasticsearch(service.url, api_key=api_key, request_timeout=timeout)
    finally:
        service.stop()


def prepare(
    client: Elasticsearch,
    index: str,
    catalogue: Catalogue,
    shares: Sequence[float],
    *,
    index_type: str,
    shards: int = 1,
    step: Callable[[int], object] = lambda done: None,
) -> float:
    """Create and load the index, unless an earlier run left it there.

    Parameters
    ----------
    index_type : str
        ``index_options.type`` of the vector field.
    step : callable, optional
        Called with the number of products written so far.

    Returns
    -------
    float
        Products written per second; 0 if the index existed.

    Raises
    ------
    NotOursError
        An index of that name holds something else.
    """
    mapping = product.mapping(None)
    mapping["properties"]["vector"]["index_options"] = vector_options(index_type)
    space = _space(catalogue, shares, mapping["properties"]["vector"], shards)
    mapping["_meta"] = product.meta(space)
    if _is_complete(client, index, space, len(catalogue)):
        return 0.0
    settings = {**product.settings(shards=shards), "refresh_interval": "30s"}
    client.indices.create(index=index, mappings=mapping, settings=settings)
    begun = time.monotonic()
    actions = ({"_index": index, "_id": d["id"], "_source": d} for d in catalogue.documents(shares))
    for done, _ in enumerate(streaming_bulk(client, actions, chunk_size=1_000), start=1):
        step(done)
    rate = len(catalogue) / (time.monotonic() - begun)
    client.indices.refresh(index=index)
    return rate


def vector_options(index_type: str | None = None) -> dict[str, Any]:
    """Return the product mapping's ``index_options``, or another type with its defaults."""
    options: dict[str, Any] = product.mapping(None)["properties"]["vector"]["index_options"]
    return options if index_type in (None, options["type"]) else {"type": index_type}


def settle(client: Elasticsearch, index: str, *, limit: float = 1800.0) -> int:
    """Wait until no merge runs, because merges slow searches, and return the number of segments."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if not client.indices.stats(index=index, metric="merge")["_all"]["total"]["merges"]["current"]:
            break
        time.sleep(1)
    return len(client.cat.segments(index=index, format="json").body)


def remove(client: Elasticsearch, index: str) -> None:
    """Delete the benchmark's index."""
    client.options(ignore_status=404).indices.delete(index=index)


def _space(catalogue: Catalogue, shares: Sequence[float], vector: dict[str, Any], shards: int) -> str:
    """Return a description of the index's contents, by which a run recognises the index it needs."""
    facts = [len(catalogue), catalogue.seed, list(shares), sorted(vector["index_options"].items()), vector["dims"]]
    return f"{_MARK} {[*facts, shards, product.SORTED_BY_CATEGORY]}"


def _is_complete(client: Elasticsearch, index: str, space: str, products: int) -> bool:
    """Return whether the index exists and is complete; delete it if it is the benchmark's but isn't."""
    if not client.indices.exists(index=index):
        return False
    [mapping] = client.indices.get_mapping(index=index).body.values()
    existing_space = str(mapping["mappings"].get("_meta", {}).get("space"))
    if not existing_space.startswith(f"{_MARK} "):
        raise NotOursError(f"the index {index} wasn't created by this benchmark; choose another name with --index")
    if existing_space == space and client.count(index=index)["count"] == products:
        return True
    remove(client, index)
    return False
