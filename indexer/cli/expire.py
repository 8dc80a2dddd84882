"""``lookalike expire``: delete activations and image addresses that no product uses any more."""

from __future__ import annotations

import click

from indexer import retention
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
def expire() -> None:
    """Delete activations that no product, in attached indices either, has used for KEEP_DAYS days."""
    settings = Settings.from_environment()
    expired = retention.expire(ProductIndex.open(settings), settings.keep_days)
    click.echo(f"{expired.activations:,} activations and {expired.addresses:,} image addresses deleted")
