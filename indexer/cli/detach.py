"""``lookalike detach``: let go of an index that is not ours."""

from __future__ import annotations

import click

from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
@click.option("--index", required=True, help="The index, or an alias that leads to it.")
def detach(index: str) -> None:
    """Take all that was written out of an attached index's documents. The added fields stay in its mapping, empty."""
    from indexer.attached.sweep import detach as take_out

    settings = Settings.from_environment()
    changed = take_out(ProductIndex.open(settings), index)
    click.echo(
        f"{index}: taken out of {changed:,} documents. Its mapping keeps the empty fields, since Elasticsearch takes "
        "none out of a live index; the next index they make is without them."
    )
