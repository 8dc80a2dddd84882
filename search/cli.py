"""The commands ``search`` and ``show``: the listings that shoppers see, and the requests behind them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from es_mappings import product
from es_mappings.anchors import Mode
from es_mappings.facets import Refinement
from es_mappings.results import Facets
from indexer.attached.searching import similar_request
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from search.cursors import Cursors
from search.listing import Listing
from search.local_texts import LocalTexts
from search.navigation import Navigation
from search.parameters import SearchParameters
from search.raw_requests import RawRequest
from search.reading import LISTS, read_parameters

_SIZE = "10"  # products shown in a terminal by default


def parameter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each parameter of the API except the keywords."""
    for name, field in reversed(SearchParameters.model_fields.items()):
        if name != "q":
            command = _option(name, field)(command)
    return command


def _option(name: str, field: FieldInfo) -> Callable[[Callable[..., None]], Callable[..., None]]:
    flag = f"--{name.replace('_', '-')}"
    text = (field.description or "").replace("`", "")
    if field.annotation is bool:
        return click.option(flag, name, is_flag=True, help=text)
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    kind = click.Choice(choices) if choices else click.STRING
    return click.option(flag, name, type=kind, multiple=name in LISTS, metavar=None if choices else "VALUE", help=text)


@click.command()
@parameter_options
@click.option("--facets", "show_facets", is_flag=True, help="Show the facets, too.")
@click.option(
    "--attached", metavar="INDEX", help="Search an attached index; takes --like, --mode, --size and keywords."
)
@click.argument("keywords", nargs=-1)
def search(keywords: tuple[str, ...], attached: str | None, *, show_facets: bool, **options: Any) -> None:
    """Search as shoppers do: by KEYWORDS, filters and similarity, with every parameter of the API."""
    settings = Settings.from_environment()
    index = ProductIndex.open(settings)
    parameters = _read(" ".join(keywords), {**options, "size": options["size"] or _SIZE})
    if attached:
        for hit in index.client.search(index=attached, body=_attached(index, attached, parameters))["hits"]["hits"]:
            click.echo(f"{hit['_score'] or 0:8.4f}  {hit['_id']:<24} {json.dumps(hit['_source'])}")
        return
    listing = _navigation(settings, index).listing(parameters, parameters.dislike)
    _print(listing)
    if show_facets and listing.result.facets:
        _print_facets(listing.result.facets)


@click.group()
def show() -> None:
    """Print a mapping or a query as raw JSON, to paste into Kibana."""


@show.command("mapping")
def show_mapping() -> None:
    """Print the request that creates the product index."""
    settings = Settings.from_environment()
    mapping = product.mapping(None, settings.vector_index)
    body = {"mappings": mapping, "settings": product.settings(language=settings.shop_language)}
    click.echo(f"PUT /{settings.index_name}-1\n{json.dumps(body, indent=2)}")


@show.command("similar")
@parameter_options
@click.option("--query", "q", default="", metavar="KEYWORDS", help="Keywords.")
@click.option("--attached", metavar="INDEX", help="Search an attached index; takes --like, --mode, --size and --query.")
def show_similar(q: str, attached: str | None, **options: Any) -> None:
    """Print the requests of a listing: its products, its total and facets, and what to subtract for its anchors."""
    settings = Settings.from_environment()
    index, parameters = ProductIndex.open(settings), _read(q, options)
    if attached:
        requests = [RawRequest(attached, _attached(index, attached, parameters))]
    else:
        requests = _navigation(settings, index).requests(parameters, parameters.dislike)
    for request in requests:
        click.echo(f"POST /{request.index}/_search\n{json.dumps(request.body)}")


def _read(q: str, options: dict[str, Any]) -> SearchParameters:
    values = {name: value if name in LISTS else [str(value)] for name, value in options.items() if value}
    return read_parameters({**values, "q": [q]})


def _navigation(settings: Settings, index: ProductIndex) -> Navigation:
    # Without SECRET_KEY, the next call cannot read this call's cursor.
    key = settings.secret_key.get_secret_value() if settings.secret_key else secrets.token_urlsafe(32)
    return Navigation(index, Cursors(key), texts=LocalTexts(settings))


def _attached(index: ProductIndex, name: str, parameters: SearchParameters) -> dict[str, Any]:
    if not parameters.like:
        raise click.UsageError("An attached index is searched by --like.")
    mode: Mode = parameters.mode
    return similar_request(index, name, list(parameters.likes), q=parameters.q, mode=mode, size=parameters.size)


def _print(listing: Listing) -> None:
    result, plan = listing.result, listing.plan
    for warning in listing.warnings:
        click.echo(warning, err=True)
    if listing.search.is_relaxed:
        part = ", some of the words" if listing.search.is_partial else ""
        click.echo(f"Nothing has all of these words. Searched for: {listing.search.keywords.text}{part}", err=True)
    click.echo(f"{result.total:,} products in {result.took_ms} ms ({plan.strategy}: {plan.reason})")
    for hit, match in zip(result.hits, listing.matches, strict=True):
        value = match.similarity if listing.by_similarity else hit.score
        percent = f"{match.percent:>3}%" if match.percent is not None else ""
        price = f"{hit.product['price']:.2f} {hit.product.get('currency') or ''}" if hit.product.get("price") else ""
        click.echo(f"{value or 0:8.4f} {percent:>4}  {hit.product['id']:<24} {hit.product['title']}  {price}".rstrip())
        if match.why:
            click.echo(f"{'':15}{json.dumps(match.why)}")
    if listing.next_cursor:
        click.echo(f"--cursor {listing.next_cursor}")


def _print_facets(facets: Facets) -> None:
    attributes = {Refinement(name, "").facet: values for name, values in facets.attributes.items()}
    for name, values in {**facets.terms, **attributes}.items():
        click.echo(f"{name}: " + ", ".join(f"{value.value} ({value.count:,})" for value in values))
    for name, span in {**facets.ranges, **facets.numbers}.items():
        if span:
            click.echo(f"{name}: {span[0]:g} to {span[1]:g}")
    for name, count in facets.flags.items():
        click.echo(f"{name.replace('_', ' ')}: {count:,}")
