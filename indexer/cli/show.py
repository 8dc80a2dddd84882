"""``show``: a mapping or a query as raw JSON."""

from __future__ import annotations

import json

import click

from es_mappings import product
from es_mappings.anchors import Mode
from indexer.attached.searching import similar_request
from indexer.cli.search import shop_request
from indexer.elastic.client import connect
from indexer.settings import Settings


@click.group()
def show() -> None:
    """Print a mapping or a query as raw JSON, to paste into Kibana."""


@show.command("mapping")
def show_mapping() -> None:
    """Print the request that makes the product index."""
    settings = Settings.from_environment()
    body = {"mappings": product.mapping(None), "settings": product.settings()}
    click.echo(f"PUT /{settings.index_name}-1\n{json.dumps(body, indent=2)}")


@show.command("similar")
@click.option("--like", "likes", multiple=True, required=True, metavar="ID", help="A product to sort by; repeatable.")
@click.option("--query", "q", default="", help="Keywords.")
@click.option("--mode", type=click.Choice(["auto", "blend", "every", "any"]), default="auto", show_default=True)
@click.option("--attached", metavar="INDEX", help="Of an attached index.")
def show_similar(likes: tuple[str, ...], q: str, mode: Mode, attached: str | None) -> None:
    """Print the request that sorts the shop, or an attached index, by similarity to some products."""
    settings = Settings.from_environment()
    if attached:
        request = similar_request(connect(settings), settings.index_name, attached, likes, q=q, mode=mode)
        click.echo(f"POST /{attached}/_search\n{json.dumps(request)}")
        return
    request = shop_request(settings, likes, q, mode)
    click.echo(f"POST /{settings.index_name}/_search\n{json.dumps(request)}")
