"""``lookalike detach``: remove our vectors from a foreign index."""

from __future__ import annotations

import click

from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
@click.option("--index", required=True, help="The index, or an alias that leads to it.")
def detach(index: str) -> None:
    """Remove all that was written from an attached index's documents. The added fields stay in its mapping, empty."""
    from indexer.attached import detaching

    settings = Settings.from_environment()
    changed = detaching.detach(ProductIndex.open(settings), index)
    click.echo(
        f"{index}: removed from {changed:,} documents. The empty fields stay in its mapping, because Elasticsearch "
        "can't remove fields from a live index; a new index won't have them."
    )
