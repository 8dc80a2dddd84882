"""``lookalike calibrate``: fit the match percentage that a similarity is shown as."""

from __future__ import annotations

from pathlib import Path

import click

from es_mappings.aspect_weights import CategoryWeights
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError
from indexer.settings import Settings


@click.command()
@click.argument("golden_set", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def calibrate(golden_set: Path) -> None:
    """Fit the match percentage on the judgements of GOLDEN_SET (JSON Lines or CSV: anchor, candidate, grade 0 to 3)."""
    from indexer.relevance import calibration, golden
    from indexer.relevance.reliability import reliability

    index = ProductIndex.open(Settings.from_environment())
    products = calibration.JudgedProducts.read(index, golden.read_golden_set(golden_set))
    fitted = calibration.calibrate_on(index, products)
    apart = ", ".join(fitted.calibration.by_category) or "none"
    click.echo(f"{fitted.matches:,} matches and {fitted.others:,} others; categories of their own: {apart}")
    try:
        ranges = reliability(products, CategoryWeights.from_meta(index.meta()))
    except GoldenSetError:
        click.echo("How far percentages hold isn't measured: half of these judgements are too few to fit on")
        return
    click.echo("Percentages of anchors that were left out of the fit, and how many judges call a match (95% interval):")
    for of in ranges:
        matched = f"{of.matched.mean:.0%} ({of.matched.low:.0%} to {of.matched.high:.0%})"
        category = of.category or "No category"
        click.echo(f"{category}, {of.low} to {of.high}%: mean {of.said:.0f}%, {matched}; {of.pairs:,} pairs")
