"""``lookalike weights``: show, set or fit the aspect weights of categories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.product import DEFAULT_WEIGHTS
from indexer.elastic.product_index import ProductIndex
from indexer.relevance import golden
from indexer.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def weights() -> None:
    """Show, set or fit the aspect weights of a category, which apply unless a request sets its own."""


@weights.command()
def show() -> None:
    """List the weights of each category that has any, and the default."""
    settings = Settings.from_environment()
    categories = CategoryWeights.from_meta(ProductIndex.open(settings).meta())
    for path, aspect_weights in categories.by_path.items():
        click.echo(f"{path:<40}{_format(aspect_weights)}")
    click.echo(f"{'everywhere else':<40}{_format(DEFAULT_WEIGHTS)}")


@weights.command("set")
@click.argument("category")
@click.argument("pairs", nargs=-1, metavar="[ASPECT:WEIGHT]...")
def set_(category: str, pairs: tuple[str, ...]) -> None:
    """Set the weights of CATEGORY (a path, such as "Laptops/Gaming laptops"); without any, return to the default."""
    settings = Settings.from_environment()
    index = ProductIndex.open(settings)
    categories = CategoryWeights.from_meta(index.meta())
    if pairs and not index.client.count(index=index.name, query={"term": {"category_path": category}})["count"]:
        raise click.BadParameter(f"no product of {index.alias} is in the category {category!r}", param_hint="CATEGORY")
    try:
        changed = categories.having(category, dict(_pair(pair) for pair in pairs) if pairs else None)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="ASPECT:WEIGHT") from error
    index.stamp(weights=changed.to_meta())
    click.echo(f"{category}: {_format(changed.by_path[category]) if pairs else 'as everywhere else'}")


@weights.command("fit")
@click.argument("golden_set", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Only print what would be better.")
def fit_(golden_set: Path, *, dry_run: bool) -> None:
    """Fit the weights of each top category on the judgements of GOLDEN_SET; keep those that rank better."""
    from indexer.relevance import aspect_weights

    settings = Settings.from_environment()
    index = ProductIndex.open(settings)
    fitted = aspect_weights.fit_weights(index, golden.merge(golden.read_golden_set(golden_set)))
    if not fitted:
        raise click.ClickException(
            f"No category has {aspect_weights.LEAST} judged anchors with a vector; judge more, or set weights by hand"
        )
    for path, fit in fitted.items():
        decision = "kept" if fit.better else "the default stays"
        click.echo(
            f"{path}: {_format(fit.weights)}; NDCG@10 {fit.before:.3f} by default, {fit.after:.3f} cross-validated "
            f"({fit.anchors} anchors; alone: {_format(fit.alone)}): {decision}"
        )
    if not dry_run:
        aspect_weights.keep_better(index, fitted)


def _pair(text: str) -> tuple[str, float]:
    aspect, _, number = text.partition(":")
    try:
        return aspect, float(number)
    except ValueError:
        raise ValueError(f"{text!r} is not aspect:number") from None


def _format(weights_of: Mapping[str, float]) -> str:
    return ", ".join(f"{aspect} {weight:.3g}" for aspect, weight in weights_of.items())
