"""``python -m indexer``: load a catalogue, fit a vector space, look at what is there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from es_mappings import facets, product, queries, results
from es_mappings.anchors import Anchor, Mode
from es_mappings.facets import Filters
from indexer.attached.searching import similar_request
from indexer.catalog import loading
from indexer.checks import checking
from indexer.cli.attach import attach, detach, sweep
from indexer.cli.attributes import attributes, duplicates
from indexer.cli.console import Commands, progress_bar
from indexer.cli.finetune import finetune
from indexer.cli.fit import fit
from indexer.cli.layers import layers
from indexer.cli.rebuild import prune_command, rebuild, rollback
from indexer.cli.status import expire, say_counts, status
from indexer.cli.weights import weights
from indexer.elastic import indices
from indexer.elastic.client import connect, get_with_vectors, vector
from indexer.settings import Settings

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline  # loads torch

_CHUNK = 256  # products between two steps of a progress bar


@click.group(cls=Commands)
def main() -> None:
    """Give an Elasticsearch product index its image vectors."""


for command in (
    fit,
    weights,
    rebuild,
    rollback,
    prune_command,
    attach,
    sweep,
    detach,
    layers,
    finetune,
    attributes,
    duplicates,
    status,
    expire,
):
    main.add_command(command)


@main.command()
@click.argument("catalog", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keywords-only", is_flag=True, help="Write the products; leave the vectors to the workers.")
def load(catalog: Path, *, keywords_only: bool) -> None:
    """Write the products of CATALOG (JSON Lines or CSV), then give each its vector."""
    settings = Settings.from_environment()
    written, refused = write_catalog(settings, catalog)
    click.echo(f"{written:,} products written to {settings.index_name}, {refused:,} lines refused")
    if not keywords_only:
        _vectorize(settings, retry_failed=False)
    if refused:
        sys.exit(2)


def write_catalog(settings: Settings, catalog: Path) -> tuple[int, int]:
    """Write a catalogue file with a progress bar, each refused line named; give how many were written and refused."""
    client = connect(settings)
    indices.ensure_index(client, settings.index_name)
    written = refused = 0
    with progress_bar() as progress:
        task = progress.add_task("Writing products", total=None)
        for outcome in loading.load_file(client, settings.index_name, catalog):
            for place, why in outcome.refused.items():
                progress.console.print(f"{catalog.name}, {place}: {why}", style="yellow", markup=False, highlight=False)
            written += len(outcome.written)
            refused += len(outcome.refused)
            progress.update(task, completed=written)
        progress.update(task, total=written)
    client.indices.refresh(index=settings.index_name)
    return written, refused


@main.command()
@click.option("--retry-failed", is_flag=True, help="Try the images that failed again.")
def vectorize(*, retry_failed: bool) -> None:
    """Give each product that has no vector yet its vector, in this process; fits a space first if there is none."""
    _vectorize(Settings.from_environment(), retry_failed=retry_failed)


def _vectorize(settings: Settings, *, retry_failed: bool) -> None:
    from indexer.embedding.pipeline import Pipeline
    from indexer.spaces.fitting import fit_space

    client, alias = connect(settings), settings.index_name
    indices.live_index(client, alias)
    pipeline = Pipeline.from_settings(settings)
    if pipeline.space() is None:
        _run(pipeline, "Embedding images", indices.ids_without_vector(client, alias, retry_failed=retry_failed))
        client.indices.refresh(index=alias)
        fit_space(client, alias, pipeline.vectorizers)
    _run(pipeline, "Writing vectors", indices.ids_without_vector(client, alias))
    client.indices.refresh(index=alias)
    say_counts(settings)


def _run(pipeline: Pipeline, what: str, ids: Iterable[str]) -> None:
    every = list(ids)
    with progress_bar() as progress:
        task = progress.add_task(what, total=len(every))
        for start in range(0, len(every), _CHUNK):
            chunk = every[start : start + _CHUNK]
            for product_id, why in pipeline.vectorize(chunk).failed.items():
                progress.console.print(f"{product_id}: {why}", style="yellow", markup=False, highlight=False)
            progress.advance(task, len(chunk))


@main.command()
@click.argument("golden_set", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def calibrate(golden_set: Path) -> None:
    """Fit the match percentage on the judgements of GOLDEN_SET (JSON Lines or CSV: anchor, candidate, grade 0 to 3)."""
    from indexer.relevance import calibration, golden

    settings = Settings.from_environment()
    judgements = golden.read_golden_set(golden_set)
    fitted = calibration.calibrate(connect(settings), settings.index_name, judgements)
    half = fitted.calibration.similarity(50)
    click.echo(f"{fitted.matches:,} matches and {fitted.others:,} others: a similarity of {half:.2f} is a match of 50%")


@main.command()
def check() -> None:
    """Run every mapping, query and script of es_mappings/ in a scratch index; exit code 1 if anything is wrong."""
    settings, seen = Settings.from_environment(), set[checking.Finding]()
    for name, found in checking.groups(connect(settings), settings.index_name):
        click.echo(f"{name:<28}{click.style('failed', fg='red') if found else click.style('ok', fg='green')}")
        for finding in dict.fromkeys(found):
            if finding not in seen:  # one broken script fails many queries
                click.echo(f"  {finding}")
        seen.update(found)
    if seen:
        sys.exit(1)


@main.group()
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
    request = _similar_request(settings, likes, q, mode)
    click.echo(f"POST /{settings.index_name}/_search\n{json.dumps(request)}")


@main.command()
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
        _similar_request(settings, likes, q, mode, page)
        if likes
        else queries.search_page({"query": queries.browse(q, Filters())}, page=page)
    )
    result = results.read(connect(settings).search(index=settings.index_name, **_parameters(request)).body)
    click.echo(f"{result.total:,} products in {result.took_ms} ms")
    for hit in result.hits:
        click.echo(f"{hit.score or 0:8.4f}  {hit.product['id']:<24} {hit.product['title']}")


def _similar_request(
    settings: Settings, likes: tuple[str, ...], q: str, mode: Mode, page: queries.Page | None = None
) -> dict[str, Any]:
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
