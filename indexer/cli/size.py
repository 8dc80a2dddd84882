"""``lookalike size``: what a catalogue of a size needs."""

from __future__ import annotations

from contextlib import suppress
from typing import get_args

import click

from es_mappings.product import LAYOUT
from es_mappings.vector_index import DEFAULT, VectorIndexType
from indexer.sizing import DOCUMENT_BYTES, GIB, Catalogue, Machines

_LEAST_NODE = 16.0  # GiB
_MOST = 1e12  # products


def _number(text: str) -> float:
    """Read a number of products as people write it: 50e6, 1000000, 1,000,000 or 1_000_000."""
    number = 0.0
    with suppress(ValueError):
        number = float(text.replace(",", ""))
    if not 1 <= number <= _MOST:
        raise click.BadParameter(f"{text!r} is no number of products; write one such as 1000000 or 50e6")
    return number


@click.command()
@click.argument("count", required=False, type=_number, metavar="[PRODUCTS]")
@click.option("--products", type=_number, metavar="NUMBER", help="The same, by name: such as 50e6.")
@click.option("--images", default=1.0, show_default=True, type=click.FloatRange(0), help="Of a product.")
@click.option("--dims", default=LAYOUT.dims, show_default=True, type=click.IntRange(1, 4096), help="Of a vector.")
@click.option(
    "--index-type",
    default=DEFAULT,
    show_default=True,
    type=click.Choice(get_args(VectorIndexType)),
    help="VECTOR_INDEX.",
)
@click.option("--document-bytes", default=DOCUMENT_BYTES, show_default=True, help="Of a product's texts and fields.")
@click.option("--replicas", default=1, show_default=True, type=click.IntRange(0), help="Copies besides the first.")
@click.option("--node-memory", default=64.0, show_default=True, type=click.FloatRange(_LEAST_NODE), help="GiB.")
@click.option("--node-cores", default=16, show_default=True, type=click.IntRange(1), help="Of a node.")
@click.option("--cores", default=16, show_default=True, type=click.IntRange(1), help="Of all embedding workers.")
@click.option("--gpus", default=0, show_default=True, type=click.IntRange(0), help="Of all embedding workers.")
def size(
    *,
    count: float | None,
    products: float | None,
    images: float,
    dims: int,
    index_type: str,
    document_bytes: int,
    replicas: int,
    node_memory: float,
    node_cores: int,
    cores: int,
    gpus: int,
) -> None:
    """Say what a catalogue needs: disk, memory, shards, nodes and hours of embedding, from measured constants."""
    if (count is None) == (products is None):
        raise click.UsageError("Write the number of products once, such as: lookalike size 1000000")
    catalogue = Catalogue(count or products or 1, images, dims, index_type, document_bytes)
    machines = Machines(replicas, node_memory * GIB, node_cores, cores, gpus)
    by = f"{gpus} GPUs" if gpus else f"{cores} cores"
    lines = {
        "Product index, one copy": _gib(catalogue.index_bytes),
        "Image Vector Store, one copy": _gib(catalogue.store_bytes),
        "Disk of all nodes, with room for merges": _gib(machines.disk_bytes(catalogue)),
        "Page cache, one copy": _gib(catalogue.memory_bytes),
        "Primary shards": f"{catalogue.shards:,}",
        f"Nodes of {node_memory:g} GiB and {node_cores} cores": f"{machines.nodes(catalogue):,}",
        f"Embedding all images by {by}": _duration(machines.embedding_hours(catalogue)),
    }
    for what, figure in lines.items():
        click.echo(f"{what:<42}{figure:>14}")


def _gib(count: float) -> str:
    return f"{count / GIB:,.1f} GiB"


def _duration(hours: float) -> str:
    return f"{hours:,.1f} h" if hours >= 1 else f"{60 * hours:,.1f} min"
