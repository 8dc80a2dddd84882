"""``lookalike attach | sweep | detach``."""

from __future__ import annotations

import json
from typing import Any

import click

from indexer.attached.attachment import Attachment, Attachments, prepare
from indexer.attached.fields import FieldNames
from indexer.cli.console import progress_bar
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings

_index = click.option("--index", required=True, help="The index, or an alias that leads to it.")


@click.command()
@_index
@click.option("--image", required=True, metavar="FIELD", help="Address of the image, or a list of them.")
@click.option("--id", "id_", metavar="FIELD", help="By which people name a product; without it, _id.")
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

    Fields are added to its mapping under one object, documents get partial updates, nothing of theirs is changed.
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
        _sweep(settings, [index])


@click.command()
@click.option("--index", help="Only this one.")
@click.option("--retry-failed", is_flag=True, help="Try those again that failed, for whatever reason.")
def sweep(*, index: str | None, retry_failed: bool) -> None:
    """Work off in this process what changed in the attached indices; the workers do it by themselves."""
    settings = Settings.from_environment()
    names = [index] if index else Attachments(ProductIndex.open(settings)).all()
    _sweep(settings, names, retry_failed=retry_failed)


def _sweep(settings: Settings, names: list[str], *, retry_failed: bool = False) -> None:
    from indexer.attached.sweep import Sweep
    from indexer.embedding.pipeline import Pipeline

    pipeline = Pipeline.from_settings(settings)
    for name in names:
        with progress_bar() as progress:
            bar = progress.add_task(name, total=None)
            run = Sweep(
                ProductIndex.open(settings),
                pipeline,
                lambda what, done, total: progress.update(bar, description=what, completed=done, total=total),  # noqa: B023
            )
            swept = run.run(name, retry_failed=retry_failed)
        click.echo(
            f"{name}: {swept.written:,} vectors written, {len(swept.failed):,} failed, {swept.later:,} for later"
        )
        for product_id, why in list(swept.failed.items())[:20]:
            click.echo(f"  {product_id}  {why}")


@click.command()
@_index
def detach(index: str) -> None:
    """Take all that was written out of an attached index's documents. The added fields stay in its mapping, empty."""
    from indexer.attached.sweep import detach as take_out

    settings = Settings.from_environment()
    changed = take_out(ProductIndex.open(settings), index)
    click.echo(
        f"{index}: taken out of {changed:,} documents. Its mapping keeps the empty fields, since Elasticsearch takes "
        "none out of a live index; the next index they make is without them."
    )


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
