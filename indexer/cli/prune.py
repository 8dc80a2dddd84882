"""``lookalike prune``: delete the index that is kept for `rollback`."""

from __future__ import annotations

import click

from indexer.elastic.product_index import ProductIndex
from indexer.rollouts import rollout
from indexer.rollouts.state import StateStore
from indexer.settings import Settings


@click.command()
def prune() -> None:
    """Delete the index that is kept for `rollback`; writes then go to the live one alone."""
    settings = Settings.from_environment()
    index = ProductIndex.open(settings)
    running = StateStore(index).read().running
    if running:
        raise click.ClickException(f"A {running.kind} is under way; it prunes at its end.")
    deleted = rollout.prune(index)
    click.echo(f"Deleted {', '.join(deleted)}" if deleted else "No other index is kept")
