"""``lookalike evaluate search``: measure the live search on a golden set, and fail if it got worse."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from es_mappings.product import LAYOUT
from evaluation import search_tables as tables
from evaluation.asking import Answers, ask_anchors, ask_queries, measure_anchors, measure_queries
from evaluation.report import Report, Table
from evaluation.shops import Parameters, Shop, open_shop
from indexer.cli.console import report_console
from indexer.errors import GoldenSetError
from indexer.relevance.golden import Grades, Judgement, QueryJudgement, merge, read_judgements
from indexer.relevance.metrics import PerAnchor, compare, described, interval

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SIGNIFICANT = 0.05

console = report_console()


@dataclass(frozen=True)
class Asked:
    """What is asked of the shop: parameters of the API, how many products, and the metrics to judge them by."""

    parameters: Parameters
    depth: int
    metrics: Sequence[str]
    hybrid: bool = False


@dataclass(frozen=True)
class Judged:
    """The answers to one kind of topics, and their scores by metric and topic."""

    kind: str
    answers: Answers
    grades: Grades
    scores: dict[str, PerAnchor]

    def tables(self) -> list[Table]:
        """Tabulate them."""
        return [
            tables.score_table(self.kind, self.scores, self.grades, self.answers),
            tables.group_table(self.kind, self.scores, self.answers.groups),
            tables.page_table(self.kind, self.scores, self.grades, self.answers),
        ]


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
@click.option("--hybrid", is_flag=True, help="Send keyword queries as `text`, too: order by relevance and meaning.")
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
    hybrid: bool,
    each_aspect: bool,
    out: Path | None,
    **gate: Any,
) -> None:
    """Measure the search as shoppers get it: query, planner, quantization and all.

    Products that nobody judged for an anchor are removed from its ranking before it is measured; for a keyword query
    they are of grade 0.
    """
    judgements = read_judgements(golden_file)
    pairs = [judgement for judgement in judgements if isinstance(judgement, Judgement)]
    queries = [judgement for judgement in judgements if isinstance(judgement, QueryJudgement)]
    asked = Asked(_pairs(parameters), depth, metrics, hybrid)
    report = Report("The live search on a golden set", {"Golden set": f"{golden_file}: {len(judgements):,} judgements"})
    with open_shop(url) as shop:
        judged = [judge_similarity(shop, pairs, asked, in_category=in_category)] if pairs else []
        judged += [judge_keywords(shop, queries, asked)] if queries else []
        report.facts |= _facts(shop, judged, asked.parameters)
        report.parts += [table for each in judged for table in each.tables()]
        if each_aspect and pairs:
            report.parts.append(by_aspect(shop, pairs, asked, judged[0], in_category=in_category))
    failures = [line for each in judged for line in check(each, gate["at_least"], gate["baseline"], report)]
    for part in report.parts:
        if isinstance(part, Table):
            console.print(part.for_terminal())
    if out:
        console.print(f"Report: {report.write(out, 'search')}", markup=False, soft_wrap=True)
    if save := gate["save"]:
        scores = {name: {t: s for each in judged for t, s in each.scores[name].items()} for name in metrics}
        save.write_text(json.dumps(scores, indent=1), "utf-8")
    for failure in failures:
        click.echo(failure, err=True)
    if failures:
        sys.exit(1)


def judge_similarity(shop: Shop, pairs: Sequence[Judgement], asked: Asked, *, in_category: bool) -> Judged:
    """Judge the order by similarity to each anchor."""
    grades = merge(pairs)
    answers = ask_anchors(shop, grades, asked.parameters, asked.depth, in_category=in_category)
    return Judged("similarity", answers, grades, measure_anchors(answers, grades, asked.metrics))


def judge_keywords(shop: Shop, queries: Sequence[QueryJudgement], asked: Asked) -> Judged:
    """Judge what each keyword query finds."""
    grades = merge(queries)
    answers = ask_queries(shop, queries, asked.parameters, asked.depth, hybrid=asked.hybrid)
    return Judged("keywords", answers, grades, measure_queries(answers, grades, asked.metrics))


def by_aspect(shop: Shop, pairs: Sequence[Judgement], asked: Asked, together: Judged, *, in_category: bool) -> Table:
    """Judge each aspect alone by the first metric, next to all of them together."""
    metric = asked.metrics[0]
    scores = {"all": together.scores[metric]}
    for name, weights in single_aspects().items():
        alone = Asked([*asked.parameters, *weights], asked.depth, [metric])
        scores[name] = judge_similarity(shop, pairs, alone, in_category=in_category).scores[metric]
    return tables.aspect_table(scores, together.answers.groups, metric)


def check(judged: Judged, at_least: float | None, baseline: Path | None, report: Report) -> Iterator[str]:
    """Check the scores against the minimum and the baseline; yield a line for each that fails."""
    kind, scores = judged.kind, judged.scores
    metric, first = next(iter(scores.items()))
    mean = interval(first).mean
    if at_least is not None and mean < at_least:
        yield f"{metric.upper()} is {mean:.3f}, below {at_least:g} ({kind})"
    if baseline:
        rows = []
        for name, before in read_baseline(baseline).items():
            if name in scores:
                common = before.keys() & scores[name].keys()
                if not common:
                    raise GoldenSetError(f"--baseline: {baseline.name} has no topic of this golden set ({kind})")
                compared = compare({a: before[a] for a in common}, {a: scores[name][a] for a in common})
                change = f"{compared.difference:+.4f} ({compared.low:+.4f} to {compared.high:+.4f})"
                rows.append((name.upper(), change, f"{compared.p:.3f}", f"{compared.anchors:,}"))
                if compared.difference < 0 and compared.p < SIGNIFICANT:
                    worse = f"{change}, p {compared.p:.3f} ({kind})"
                    yield f"{name.upper()} is significantly worse than {baseline.name}: {worse}"
        report.parts.append(Table(f"Against the baseline: {kind}", ("Metric", "Change (95%)", "p", "Topics"), rows))


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


def _facts(shop: Shop, judged: Sequence[Judged], parameters: Parameters) -> dict[str, str]:
    strategies = Counter(page.strategy for each in judged for page in each.answers.first_pages.values())
    served = ", ".join(f"{count:,} by {name}" for name, count in sorted(strategies.items()))
    unknown = sum(len(each.answers.unknown) for each in judged)
    left_out = {"Not in the shop": f"{unknown:,} anchors, left out"} if unknown else {}
    sent = {"Parameters": " ".join(f"{n}={v}" for n, v in parameters)} if parameters else {}
    return {"Shop": shop.name, "Served": served, **sent, **left_out}


def _pairs(parameters: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [parameter.partition("=") for parameter in parameters]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.BadParameter(f"{name!r} is not NAME=VALUE", param_hint="--parameter")
    return [(name, value) for name, _, value in pairs]
