"""``search``: the products that a request finds."""

from __future__ import annotations

import json
from typing import Any

import click

from es_mappings import facets, queries, results
from es_mappings.anchors import Anchor, Mode
from es_mappings.facets import Filters
from indexer.attached.searching import similar_request
from indexer.elastic.client import connect, get_with_vectors, vector
from indexer.settings import Settings


@click.command()
@click.option("--like", "likes", multiple=True, metavar="ID", help="Sort by similarity to this product; repeatable.")
@click.option("--mode", type=click.Choice(["auto", "blend", "every", "any"]), default="auto", show_default=True)
@click.option("--size", type=click.IntRange(1, 100), default=10, show_default=True)
@click.option("--attached", metavar="INDEX", help="In an attached index, by --like.")
@click.argument("keywords", nargs=-1)
def search(keywords: tuple[str, ...], likes: tuple[str, ...], mode: Mode, size: int, attached: str | None) -> None:
    """Search by KEYWORDS, by similarity, or both."""
    settings, q = Settings.from_environment(), " ".join(keywords)
    if attached:
        if not likes:
            raise click.UsageError("An attached index is searched by --like.")
        client = connect(settings)
        request = similar_request(client, settings.index_name, attached, likes, q=q, mode=mode, size=size)
        for hit in client.search(index=attached, **_parameters(request))["hits"]["hits"]:
            click.echo(f"{hit['_score'] or 0:8.4f}  {hit['_id']:<24} {json.dumps(hit['_source'])}")
        return
    page = queries.Page(size=size)
    request = (
        shop_request(settings, likes, q, mode, page)
        if likes
        else queries.search_page({"query": queries.browse(q, Filters())}, page=page)
    )
    result = results.read(connect(settings).search(index=settings.index_name, **_parameters(request)).body)
    click.echo(f"{result.total:,} products in {result.took_ms} ms")
    for hit in result.hits:
        click.echo(f"{hit.score or 0:8.4f}  {hit.product['id']:<24} {hit.product['title']}")


def shop_request(
    settings: Settings, likes: tuple[str, ...], q: str, mode: Mode, page: queries.Page | None = None
) -> dict[str, Any]:
    """Build the request that sorts the shop by similarity to products."""
    found = get_with_vectors(connect(settings), settings.index_name, likes)
    for like in likes:
        if "vector" not in found.get(like, {}):
            raise click.ClickException(f"{like} is not in {settings.index_name}, or has no vector")
    anchors = [Anchor(like, vector(found[like]["vector"])) for like in likes]
    parts = queries.sort_by_similar(queries.browse(q, Filters()), anchors, mode=mode)
    return queries.search_page(parts, page=page or queries.Page(), facets=facets.aggregations(excluded=likes))


def _parameters(request: dict[str, Any]) -> dict[str, Any]:
    """Name the parts of a request as the client's ``search`` does."""
    return {{"_source": "source"}.get(name, name): value for name, value in request.items()}
