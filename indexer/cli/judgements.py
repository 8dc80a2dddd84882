"""``lookalike judgements``: golden sets from what shoppers do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from indexer.cli.console import Commands
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN_POSITIONS = (1, 2, 3, 5, 10, 24)  # whose bias is printed


@click.group(cls=Commands)
def judgements() -> None:
    """Make golden sets of what shoppers do."""


@judgements.command("from-clicks")
@click.argument("interactions", type=_FILE, required=False)
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3_650), help="Of what the shop recorded.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Golden set, JSON Lines.")
@click.option(
    "--weight", "weights", multiple=True, metavar="ACTION:NUMBER", help="How much an action counts; repeatable."
)
@click.option(
    "--least", type=click.FloatRange(0, min_open=True), help="Actions to be expected before a product is judged."
)
def from_clicks(interactions: Path | None, days: int, out: Path, weights: tuple[str, ...], least: float | None) -> None:
    """Judge products by clicks, likes, carts and orders, corrected for the places where they stood.

    By default those that the shop recorded in the last days. INTERACTIONS are another log's: lines of JSON with day,
    query, product_id, position, impressions, clicks, likes, carts, orders, and like, the id of the product that a page
    without words was sorted by. Words become judged queries (for `evaluate search` and `compare`), likes judged pairs
    (for `weights fit` and `fit --likes`).
    """
    from indexer.clicks.files import read_interactions
    from indexer.clicks.grading import ACTION_WEIGHTS, LEAST_EXPECTED, Grading
    from indexer.clicks.judging import judge
    from indexer.relevance.golden import write_golden_set
    from indexer.relevance.interaction_log import InteractionLog

    grading = Grading({**ACTION_WEIGHTS, **dict(map(_weight, weights))}, LEAST_EXPECTED if least is None else least)
    today = dt.datetime.now(dt.UTC).date()
    if interactions:
        shown = read_interactions(interactions)
    else:
        index = ProductIndex.open(Settings.from_environment())
        shown = list(InteractionLog(index).interactions(today - dt.timedelta(days=days - 1), today))
    judged = judge(shown, grading, today)
    written = write_golden_set(out, judged.judgements)
    topics = len({judgement.topic for judgement in judged.judgements})
    grades = [judgement.grade for judgement in judged.judgements]
    spread = ", ".join(f"{grades.count(grade):,} of grade {grade}" for grade in (3, 2, 1, 0))
    click.echo(f"{out}: {written:,} judgements of {topics:,} queries and likes ({spread})")
    bias = judged.graded.bias.examination
    known = ", ".join(f"{p}: {bias[p - 1]:.2f}" for p in _SHOWN_POSITIONS if p <= len(bias) and bias[p - 1] >= 0)
    click.echo(f"How likely a place is looked at, as against the first: {known}")
    click.echo(f"Too little evidence: {judged.graded.too_little:,} products")
    if unknown := judged.graded.unknown_positions:
        click.echo(f"Left out: {unknown:,} impressions at places whose bias isn't known")
    if judged.invalid:
        click.echo(f"Left out: {judged.invalid:,} products whose judgement a golden set can't hold")


def _weight(text: str) -> tuple[str, float]:
    from indexer.clicks.grading import ACTIONS

    action, _, number = text.partition(":")
    try:
        weight = float(number)
    except ValueError:
        weight = -1.0
    if action not in ACTIONS or not 0 <= weight <= 1_000_000:
        raise click.BadParameter(
            f"{text!r} is not ACTION:NUMBER, an action of {', '.join(ACTIONS)}", param_hint="--weight"
        )
    return action, weight
