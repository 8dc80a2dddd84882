"""``lookalike evaluate golden``: make golden sets, split them, and measure how far their judges agree."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import click

from demo.golden import ASPECTS, read_truth
from demo.golden_queries import judged_queries
from evaluation.catalogues import primary_images, read_products
from indexer.cli.console import Commands
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError
from indexer.relevance import golden, splits
from indexer.relevance.agreement import agreement as agree
from indexer.relevance.golden import AnyJudgement
from indexer.relevance.labels import Labelled, by_attributes, by_category, judge

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)
Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("golden", cls=Commands)
def command() -> None:
    """Make golden sets: pairs of products with a grade from 0 (not similar) to 3 (nearly identical)."""


def _drawing(function: Command) -> Command:
    """Add the options of the commands that judge by labels."""
    options = [
        click.option("--out", required=True, type=OUT, help="File to write, JSON Lines."),
        click.option("--anchors", default=150, show_default=True, type=click.IntRange(1), help="Anchors to draw."),
        click.option(
            "--candidates",
            default=30,
            show_default=True,
            type=click.IntRange(0),
            help="Judged for each anchor: a third most similar, a third of its kind, a third any; 0 judges all.",
        ),
        click.option("--within-kind", is_flag=True, help="Judge only candidates of the anchor's kind."),
        click.option(
            "--part",
            default=1.0,
            show_default=True,
            type=click.FloatRange(0, 1, min_open=True),
            help="Share of the products to judge; the rest is left for fitting.",
        ),
        click.option("--seed", default=7, show_default=True, help="Another seed draws another set."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command()
@click.argument("catalog", type=FILE)
@click.option("--by", type=click.Choice(["category", "attributes"]), default="category", show_default=True)
@click.option("--attribute", "attributes", multiple=True, help="An attribute that counts, by default all; repeatable.")
@click.option("--images", default="", metavar="PREFIX", help="Only products whose image path starts with this.")
@_drawing
def labels(catalog: Path, *, by: str, attributes: tuple[str, ...], images: str, **drawing: Any) -> None:
    """Judge by the labels of CATALOG: the same category, or the share of attributes that agree."""
    products = read_products(catalog, images)
    _draw(by_category(products) if by == "category" else by_attributes(products, attributes), **drawing)


@command.command()
@click.argument("truth_file", metavar="TRUTH", type=FILE)
@click.option("--by", type=click.Choice(["look", "shape", *sorted(ASPECTS), "all"]), default="look", show_default=True)
@click.option("--kind", "kinds", multiple=True, help="Only products of this kind, such as dress; repeatable.")
@_drawing
def truth(truth_file: Path, *, by: str, kinds: tuple[str, ...], **drawing: Any) -> None:
    """Judge by the truth.jsonl of a rendered catalogue: what was really drawn, whatever the catalogue says."""
    _draw([product for product in read_truth(truth_file, by) if not kinds or product.kind in kinds], **drawing)


def _draw(
    products: list[Labelled],
    *,
    out: Path,
    anchors: int,
    candidates: int,
    within_kind: bool,
    part: float,
    seed: int,
) -> None:
    chosen = [p for p in products if splits.fraction(f"{seed}\n{p.id}") < part]
    _write(out, judge(chosen, anchors=anchors, candidates=candidates, within_kind=within_kind, seed=seed))


@command.command()
@click.argument("truth_file", metavar="TRUTH", type=FILE)
@click.option("--out", required=True, type=OUT, help="File to write, JSON Lines.")
@click.option("--group", "groups", multiple=True, help="Only queries of this group, such as typo; repeatable.")
@click.option("--typos", default=60, show_default=True, type=click.IntRange(0), help="Words to misspell.")
@click.option("--seed", default=7, show_default=True, help="Another seed misspells other words.")
def queries(truth_file: Path, *, out: Path, groups: tuple[str, ...], typos: int, seed: int) -> None:
    """Judge keyword queries by the truth.jsonl of a rendered catalogue, next to its catalog.jsonl.

    They are those of demo/queries.csv, attribute values, brands, misspelt words and ids.
    """
    judgements = judged_queries(truth_file, typos=typos, seed=seed)
    _write(out, (judgement for judgement in judgements if not groups or judgement.group in groups))


@command.command("import")
@click.argument("source", type=FILE)
@click.option("--out", required=True, type=OUT)
@click.option("--judge", "name", help="Who judged, if the file doesn't say.")
def import_(source: Path, *, out: Path, name: str | None) -> None:
    """Check judgements of SOURCE (JSON Lines or CSV: anchor or query, candidate, grade, judge, date) and write them."""
    today = dt.datetime.now(dt.UTC).date()

    def completed(j: AnyJudgement) -> AnyJudgement:
        judge = name if name and j.judge == "unknown" else j.judge
        return j.model_copy(update={"judge": judge, "date": j.date or today})

    _write(out, map(completed, golden.read_judgements(source)))


@command.command()
@click.argument("golden_set", type=FILE)
@click.option("--by", type=click.Choice(["anchor", "product"]), default="anchor", show_default=True)
@click.option("--share", default=0.5, show_default=True, type=click.FloatRange(0, 1, min_open=True, max_open=True))
@click.option("--seed", default="", help="Another seed gives another split.")
@click.option("--catalog", type=FILE, help="Keep products with the same image on one side.")
@click.option("--fit", required=True, type=OUT, help="File for the part to fit on.")
@click.option("--measure", required=True, type=OUT, help="File for the part to measure on.")
def split(
    golden_set: Path, *, by: Any, share: float, seed: str, catalog: Path | None, fit: Path, measure: Path
) -> None:
    """Split GOLDEN_SET into one part to fit on and another to measure on."""
    groups = {p: image.digest for p, image in primary_images(catalog).items()} if catalog else None
    parts = splits.split(golden.read_judgements(golden_set), by=by, share=share, seed=seed, groups=groups)
    _write(fit, parts.fit)
    _write(measure, parts.measure)
    if parts.dropped:
        click.echo(f"{parts.dropped:,} judgements across the two parts were dropped")


@command.command()
@click.argument("golden_set", type=FILE)
def agreement(golden_set: Path) -> None:
    """Print how far the judges of GOLDEN_SET agree."""
    for line in agreement_lines(golden.read_judgements(golden_set)):
        click.echo(line)


@command.command()
@click.option("--out", required=True, type=OUT)
def export(*, out: Path) -> None:
    """Write the judgements made on the shop's judging pages: of two products, and of queries."""
    from indexer.relevance.judgements import JudgementStore
    from indexer.relevance.query_judgements import QueryJudgementStore
    from indexer.settings import Settings

    index = ProductIndex.open(Settings.from_environment())
    _write(out, chain(JudgementStore(index).all(), QueryJudgementStore(index).all()))


def agreement_lines(judgements: Iterable[AnyJudgement]) -> list[str]:
    """Return a few lines about how far judges agree."""
    agreed = agree(judgements)
    alpha = "not defined" if agreed.alpha is None else f"{agreed.alpha:.2f}"
    lines = [f"{len(agreed.judges)} judges, {agreed.shared:,} pairs judged by several; Krippendorff's alpha {alpha}"]
    for pair in agreed.pairs:
        kappa = "not defined" if pair.kappa is None else f"{pair.kappa:.2f}"
        lines.append(f"{pair.first}, {pair.second}: {pair.pairs:,} pairs, {pair.equal:.0%} alike, kappa {kappa}")
    return lines


def _write(out: Path, judgements: Iterable[AnyJudgement]) -> None:
    grades: Counter[int] = Counter()

    def counted() -> Iterable[AnyJudgement]:
        for judgement in judgements:
            grades[judgement.grade] += 1
            yield judgement

    if not golden.write_golden_set(out, counted()):
        raise GoldenSetError(f"There is nothing to judge, so {out} is empty")
    counts = ", ".join(f"{grades[grade]:,} of grade {grade}" for grade in (3, 2, 1, 0))
    click.echo(f"{out}: {grades.total():,} judgements: {counts}")
