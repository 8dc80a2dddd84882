"""``lookalike check``: try all of es_mappings/ on the live Elasticsearch."""

from __future__ import annotations

import sys

import click

from indexer.checks import checking
from indexer.checks.findings import NEEDS
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
def check() -> None:
    """Run every mapping, query and script of es_mappings/ in a scratch index; exit code 1 if anything is wrong."""
    settings, seen = Settings.from_environment(), set[checking.Finding]()
    for name, findings in checking.groups(ProductIndex.open(settings)):
        click.echo(f"{name:<28}{click.style('failed', fg='red') if findings else click.style('ok', fg='green')}")
        for finding in dict.fromkeys(findings):
            if finding not in seen:  # one broken script fails many queries
                click.echo(f"  {finding}")
        seen.update(findings)
    needed = {finding.needs for finding in seen}
    most = next((what for name, what in reversed(NEEDS.items()) if name in needed), NEEDS["nothing"])
    click.echo(f"What the live index needs: {most}")
    if seen:
        sys.exit(1)
