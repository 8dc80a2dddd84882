"""``lookalike evaluate search``: measure the live search on a golden set, and fail if it got worse."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from es_mappings.product import LAYOUT
from evaluation.report import Report, Table
from evaluation.shops import Parameters, Shop, open_shop, pages
from indexer.cli.console import progress_bar, report_console
from indexer.errors import GoldenSetError
from indexer.relevance.golden import Grades, merge, read_golden_set
from indexer.relevance.metrics import PerAnchor, compare, condensed, described, interval, per_anchor
from search.syntax import write_anchor

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SIGNIFICANT = 0.05

console = report_console()


@dataclass(frozen=True)
class Answers:
    """What the shop answered: products by anchor, the strategies that served them, the anchors it doesn't know."""

    run: dict[str, list[str]]
    categories: dict[str, str]
    strategies: dict[str, int]
    unknown: list[str]


@click.command("search")
@click.option("--golden", "golden_file", required=True, type=FILE, help="Golden set to judge by.")
@click.option("--url", help="Storefront to ask; by default one in this process, on the index that the settings name.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="Of the API; repeatable.")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    default=("ndcg@10", "recall@50", "mrr"),
    show_default=True,
    help=f"One of {described()}; repeatable.",
)
@click.option("--depth", default=200, show_default=True, type=click.IntRange(1, 2_000), help="Products to look at.")
@click.option("--in-category", is_flag=True, help="Search in each anchor's top category, whose weights then count.")
@click.option("--each-aspect", is_flag=True, help="Measure each aspect alone too, by category.")
@click.option("--at-least", type=float, help="Exit code 1 if the mean of the first metric is below this.")
@click.option("--baseline", type=FILE, help="Scores of an earlier run; exit code 1 if these are significantly worse.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="File for these scores: a next baseline.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the report.")
def command(
    *,
    golden_file: Path,
    url: str | None,
    parameters: tuple[str, ...],
    metrics: tuple[str, ...],
    depth: int,
    in_category: bool,
    each_aspect: bool,
    out: Path | None,
    **gate: Any,
) -> None:
    """Measure the search as shoppers get it: query, planner, quantization and all.

    Products that nobody judged for an anchor are removed from its ranking before it is measured.
    """
    grades = merge(read_golden_set(golden_file))
    pairs = _pairs(parameters)
    report = Report("The live search on a golden set", {"Golden set": f"{golden_file}: {len(grades):,} anchors"})
    with open_shop(url) as shop:
        answers = ask(shop, grades, pairs, depth, in_category=in_category)
        scores = measure(answers, grades, metrics)
        report.facts |= _facts(shop, answers, pairs)
        report.parts.append(score_table(scores, grades, answers))
        if each_aspect:
            runs = {
                name: ask(shop, grades, [*pairs, *w], depth, in_category=in_category)
                for name, w in single_aspects().items()
            }
            by_aspect = {name: measure(run, grades, metrics[:1])[metrics[0]] for name, run in runs.items()}
            report.parts.append(aspect_table({"all": scores[metrics[0]], **by_aspect}, answers.categories, metrics[0]))
    failures = list(check(scores, gate["at_least"], gate["baseline"], report))
    for part in report.parts:
        if isinstance(part, Table):
            console.print(part.for_terminal())
    if out:
        console.print(f"Report: {report.write(out, 'search')}", markup=False, soft_wrap=True)
    if save := gate["save"]:
        save.write_text(json.dumps(scores, indent=1), "utf-8")
    for failure in failures:
        click.echo(failure, err=True)
    if failures:
        sys.exit(1)


def ask(shop: Shop, grades: Grades, parameters: Parameters, depth: int, *, in_category: bool = False) -> Answers:
    """Sort the shop, or each anchor's top category, by similarity to each anchor.

    Raises
    ------
    GoldenSetError
        The shop refuses a parameter, doesn't answer, or knows none of the anchors.
    """
    answers = Answers({}, {}, {}, [])
    with progress_bar() as progress:
        for anchor in progress.track(list(grades), description="Asking the shop"):
            department = shop.department(anchor)
            category = [("category", department)] if in_category and department else []
            likes = [("like", write_anchor(anchor)), ("sort", "similar")]
            listing = list(pages(shop, [*likes, *category, *parameters], depth))
            strategy = listing[0].strategy
            if strategy == "keywords":  # the anchor is gone, or has no vector
                answers.unknown.append(anchor)
                continue
            answers.run[anchor] = [product for page in listing for product in page.products][:depth]
            answers.strategies[strategy] = answers.strategies.get(strategy, 0) + 1
            answers.categories[anchor] = department or "none"
    if not answers.run:
        raise GoldenSetError("The shop knows none of the golden set's anchors: is it another catalogue's?")
    return answers


def measure(answers: Answers, grades: Grades, metrics: Sequence[str]) -> dict[str, PerAnchor]:
    """Score the answers, by metric and anchor."""
    known = {anchor: grades[anchor] for anchor in answers.run}
    run = condensed(known, answers.run)
    return {metric: per_anchor(known, run, metric) for metric in metrics}


def check(
    scores: Mapping[str, PerAnchor], at_least: float | None, baseline: Path | None, report: Report
) -> Iterator[str]:
    """Check the scores against the minimum and the baseline; yield a line for each that fails."""
    metric, first = next(iter(scores.items()))
    mean = interval(first).mean
    if at_least is not None and mean < at_least:
        yield f"{metric.upper()} is {mean:.3f}, below {at_least:g}"
    if baseline:
        rows = []
        for name, before in read_baseline(baseline).items():
            if name in scores:
                common = before.keys() & scores[name].keys()
                if not common:
                    raise GoldenSetError(f"--baseline: {baseline.name} has no anchor of this golden set")
                compared = compare({a: before[a] for a in common}, {a: scores[name][a] for a in common})
                change = f"{compared.difference:+.4f} ({compared.low:+.4f} to {compared.high:+.4f})"
                rows.append((name.upper(), change, f"{compared.p:.3f}", f"{compared.anchors:,}"))
                if compared.difference < 0 and compared.p < SIGNIFICANT:
                    yield f"{name.upper()} is significantly worse than {baseline.name}: {change}, p {compared.p:.3f}"
        report.parts.append(Table("Against the baseline", ("Metric", "Change (95%)", "p", "Anchors"), rows))


def read_baseline(file: Path) -> dict[str, PerAnchor]:
    """Read the scores of an earlier run.

    Raises
    ------
    GoldenSetError
        The file holds something else.
    """
    try:
        data = json.loads(file.read_text("utf-8"))
        return {str(m): {str(a): float(score) for a, score in scores.items()} for m, scores in data.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise GoldenSetError(f"--baseline: {file.name} holds no scores of an earlier run ({error})") from error


def single_aspects() -> dict[str, Parameters]:
    """Return, for each aspect, the parameters that give every other aspect the weight 0."""
    return {a: [("weight", f"{name}:{int(name == a)}") for name in LAYOUT.names] for a in LAYOUT.names}


def score_table(scores: Mapping[str, PerAnchor], grades: Grades, answers: Answers) -> Table:
    """Tabulate the mean of each metric, and note how many of the first ten products are judged."""
    rows = [(metric.upper(), str(score := interval(by)), f"{score.anchors:,}") for metric, by in scores.items()]
    first = [product in grades[anchor] for anchor, products in answers.run.items() for product in products[:10]]
    judged = f"{sum(first) / len(first):.0%} of the first ten products of each anchor are judged." if first else ""
    return Table("Scores", ("Metric", "Mean (95%)", "Anchors"), rows, judged)


def aspect_table(scores: Mapping[str, PerAnchor], categories: Mapping[str, str], metric: str) -> Table:
    """Tabulate all aspects together and each alone, over all anchors and by department."""
    departments = sorted(set(categories.values()))

    def mean(by_anchor: PerAnchor, department: str) -> str:
        in_department = {a: s for a, s in by_anchor.items() if categories.get(a) == department}
        return f"{interval(in_department) if in_department else '-'}"

    rows = [(name, str(interval(by)), *(mean(by, d) for d in departments)) for name, by in scores.items()]
    return Table(f"{metric.upper()} by aspect", ("Aspects", "All", *departments), rows)


def _facts(shop: Shop, answers: Answers, pairs: Parameters) -> dict[str, str]:
    served = ", ".join(f"{count:,} by {name}" for name, count in sorted(answers.strategies.items()))
    unknown = {"Not in the shop": f"{len(answers.unknown):,} anchors, left out"} if answers.unknown else {}
    parameters = {"Parameters": " ".join(f"{n}={v}" for n, v in pairs)} if pairs else {}
    return {"Shop": shop.name, "Served": served, **parameters, **unknown}


def _pairs(parameters: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [parameter.partition("=") for parameter in parameters]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.BadParameter(f"{name!r} is not NAME=VALUE", param_hint="--parameter")
    return [(name, value) for name, _, value in pairs]
