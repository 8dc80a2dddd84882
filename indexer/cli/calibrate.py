"""``lookalike calibrate``: fit the match percentage that a similarity is shown as."""

from __future__ import annotations

from pathlib import Path

import click

from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
@click.argument("golden_set", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def calibrate(golden_set: Path) -> None:
    """Fit the match percentage on the judgements of GOLDEN_SET (JSON Lines or CSV: anchor, candidate, grade 0 to 3)."""
    from indexer.relevance import calibration, golden

    settings = Settings.from_environment()
    judgements = golden.read_golden_set(golden_set)
    fitted = calibration.calibrate(ProductIndex.open(settings), judgements)
    apart = ", ".join(fitted.calibration.by_category) or "none"
    click.echo(f"{fitted.matches:,} matches and {fitted.others:,} others; categories of their own: {apart}")
