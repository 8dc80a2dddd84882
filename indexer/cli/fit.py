"""``lookalike fit``: fit a vector space."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.elastic.product_index import ProductIndex
from indexer.relevance import golden
from indexer.settings import Settings

if TYPE_CHECKING:
    from indexer.spaces.recipe import Kind
    from indexer.spaces.reduction.explaining import Point

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--reduction",
    "kind",
    type=click.Choice(["pca", "whitened", "random", "learned"]),
    default="pca",
    show_default=True,
    help="How the look aspect is reduced; learned: from the catalogue's categories and attributes, and from --likes.",
)
@click.option("--dims", type=click.IntRange(1), help="Dimensions of the look aspect; by default all it has room for.")
@click.option("--explain", is_flag=True, help="Measure fewer and fewer dimensions, and use the fewest that suffice.")
@click.option("--golden", "golden_set", type=_FILE, help="Judgements to measure by; by default the catalogue's labels.")
@click.option(
    "--likes",
    type=_FILE,
    help="What is liked together, for --reduction learned: lines of anchor, candidate and grade (2 and 3 count); "
    "none of the products of --golden.",
)
@click.option("--plot", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Where --explain draws.")
def fit(
    kind: Kind, dims: int | None, golden_set: Path | None, likes: Path | None, plot: Path | None, *, explain: bool
) -> None:
    """Fit a vector space on the stored activations.

    300 images are read again, to know shoppers' photographs of what the shop has; where they are gone, none is needed.
    """
    from indexer.embedding.pipeline import image_source
    from indexer.spaces import fitting
    from indexer.spaces.recipe import Recipe
    from indexer.spaces.retaking import retake
    from indexer.vectorizers import load_vectorizers

    def print_curve(points: list[Point], chosen: Point) -> None:
        click.echo("dimensions  kept variance  NDCG@10")
        for point in points:
            mark = "  <- the fewest that lose less than 1%" if point == chosen else ""
            click.echo(f"{point.dims:>10}  {point.kept:>13.1%}  {point.quality:>7.4f}{mark}")
        if plot:
            from indexer.spaces.reduction import explaining

            explaining.plot(points, chosen, plot, f"look, {kind}")
            click.echo(f"Drawn: {plot}")

    grades, liked = (golden.merge(golden.read_golden_set(f)) if f else None for f in (golden_set, likes))
    recipe = Recipe(kind, dims, grades, liked, print_curve if explain or plot else None)
    settings = Settings.from_environment()
    index = ProductIndex.open(settings)
    index.ensure()
    again = partial(retake, index, image_source(settings))
    space = fitting.fit(index, load_vectorizers(settings), recipe, retake=again)
    click.echo(f"Vector space {space.digest} fitted ({fitting.describe(space)})")
    current = index.space()
    if current is None:
        index.stamp_space(space.digest)
    elif current != space.digest:
        click.echo(f"{index.alias} holds vectors of {current}. Change over: lookalike rebuild --space {space.digest}")
