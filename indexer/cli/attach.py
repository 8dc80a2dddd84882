"""``lookalike attach``: add vectors to a foreign index."""

from __future__ import annotations

import json
from typing import Any

import click

from indexer.attached.attachment import Attachment, Attachments, prepare
from indexer.attached.fields import FieldNames
from indexer.cli.sweep import sweep_all
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
@click.option("--index", required=True, help="The index, or an alias that leads to it.")
@click.option("--image", required=True, metavar="FIELD", help="Address of the image, or a list of them.")
@click.option("--id", "id_", metavar="FIELD", help="What people call a product by; by default _id.")
@click.option("--title", metavar="FIELD")
@click.option("--description", metavar="FIELD")
@click.option("--category", metavar="FIELD")
@click.option("--brand", metavar="FIELD")
@click.option("--price", metavar="FIELD")
@click.option("--attributes", multiple=True, metavar="FIELD", help="Repeatable.")
@click.option("--query", metavar="JSON", default='{"match_all": {}}', help="Which documents get vectors.")
@click.option("--object", "object_", default="lookalike", show_default=True, help="The object that holds our fields.")
@click.option("--space", metavar="DIGEST", help="Use this vector space, fitted before.")
@click.option("--later", is_flag=True, help="Leave the vectors to the workers.")
def attach(
    *,
    index: str,
    image: str,
    id_: str | None,
    title: str | None,
    description: str | None,
    category: str | None,
    brand: str | None,
    price: str | None,
    attributes: tuple[str, ...],
    query: str,
    object_: str,
    space: str | None,
    later: bool,
) -> None:
    """Add vectors to a product index that is not ours.

    Fields are added to its mapping under one object, documents get partial updates, and existing fields stay unchanged.
    """
    settings = Settings.from_environment()
    names = FieldNames(image, id_, title, description, category, brand, price, attributes)
    attachment = Attachment(index, _object(object_), names, _query(query), space)
    shop = ProductIndex.open(settings)
    attachments = Attachments(shop)
    if index in attachments.all():
        raise click.ClickException(f"{index} is attached already; `lookalike detach --index {index}` first")
    prepare(shop.client, attachment)
    attachments.save(attachment)
    click.echo(f"{index} is attached: its vectors are in {attachment.vector}")
    if not later:
        sweep_all(settings, [index])


def _object(name: str) -> str:
    if not name.isidentifier() or not name.islower():
        raise click.BadParameter(f"{name!r} is not one lower-case word", param_hint="--object")
    return name


def _query(text: str) -> dict[str, Any]:
    try:
        query = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--query") from error
    if not isinstance(query, dict) or len(query) != 1:
        raise click.BadParameter('must be one query, such as {"term": {"live": true}}', param_hint="--query")
    return query
