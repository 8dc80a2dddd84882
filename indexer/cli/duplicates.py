"""``lookalike duplicates``: products with one picture."""

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
    """Print groups of products with the same or nearly the same picture, one JSON line a group."""
    settings = Settings.from_environment()
    found = duplicate_groups.groups(ProductIndex.open(settings), least=least)
    for group in found:
        click.echo(json.dumps({"products": list(group.ids), "same_image": group.same}))
    click.echo(f"{len(found):,} groups of {sum(len(g.ids) for g in found):,} products", err=True)
    sys.stdout.flush()
