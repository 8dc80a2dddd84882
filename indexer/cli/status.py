"""``lookalike status``: show what is indexed, what failed and why."""

from __future__ import annotations

import click

from es_mappings.vector_index import SearchWidth
from indexer import retention
from indexer.elastic.blocks import write_blocks
from indexer.elastic.client import capabilities
from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
@click.option("--failures", default=20, show_default=True, help="How many failed products to list.")
def status(*, failures: int) -> None:
    """Show what is indexed and embedded, what failed and why, and what runs the models."""
    from indexer.vectorizers import runtimes

    settings = Settings.from_environment()
    index = ProductIndex.open(settings)
    server = capabilities(index.client)
    click.echo(f"Elasticsearch {server.version}" + "".join(f"\n  lacks: {line}" for line in server.shortcomings()))
    for line in write_blocks(index):
        click.secho(f"Work waits: {line}", fg="yellow")
    click.echo(f"{index.alias} is {index.live()}, vector space {index.space() or 'not fitted yet'}")
    width = SearchWidth.from_meta(index.meta())
    raised = f", {width.factor:g} times as many as at first, because it found too few" if width.factor > 1 else ""
    click.echo(f"Vectors are in {width.index_type}; kNN considers {width.num_candidates:,} candidates{raised}")
    print_counts(settings)
    click.echo(f"{settings.look_model} would run here in {runtimes.describe(settings.runtime)}")
    stores = retention.summaries(index)
    click.echo(
        f"Image Vector Store: {sum(store.size for store in stores) / 2**20:,.1f} MiB; "
        f"what no product uses is deleted after {settings.keep_days} days"
    )
    for store in stores:
        click.echo(f"  {store.index}: {store}")
    letters = DeadLetters(index)
    click.echo(f"{letters.count():,} dead letters (`lookalike dead-letters list`)")
    for letter in letters.latest(failures):
        click.echo(f"  {letter.kind} of {letter.product}  {letter.reason}")
    for item in index.failures(failures):
        image = (item.get("images") or ["no image"])[0]
        click.echo(f"  {item['id']}  {item['embedding']['reason']}  ({image})")


def print_counts(settings: Settings) -> None:
    """Print how many products have a vector, wait for one, or failed."""
    counts = ProductIndex.open(settings).counts()
    click.echo(
        f"{counts['all']:,} products: {counts['done']:,} with a vector, {counts['pending']:,} waiting, "
        f"{counts['failed']:,} failed"
    )
