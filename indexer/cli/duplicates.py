"""``lookalike duplicates``: list products that share an image."""

from __future__ import annotations

import json
import sys

import click

from es_mappings.duplicates import LEAST_COSINE
from indexer.attribution import duplicates as duplicate_groups
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
@click.option("--least", default=LEAST_COSINE, show_default=True, type=click.FloatRange(0.5, 1.0), help="Cosine.")
def duplicates(least: float) -> None:
    """Print groups of products with the same or nearly the same image, a JSON line for each group."""
    settings = Settings.from_environment()
    groups = duplicate_groups.groups(ProductIndex.open(settings), least=least)
    for group in groups:
        click.echo(json.dumps({"products": list(group.ids), "same_image": group.same}))
    click.echo(f"{len(groups):,} groups of {sum(len(g.ids) for g in groups):,} products", err=True)
    sys.stdout.flush()
