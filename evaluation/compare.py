"""``lookalike compare``: two configurations on many queries, as a table, as HTML, and as an exit code for CI."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from es_mappings.configuration import Configuration
from evaluation.report import Report, Table
from indexer.cli.console import errors_in_one_line, report_console
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError, RelevanceError
from indexer.relevance import toml_files
from indexer.relevance.golden import Grades, QueryJudgement, merge, read_judgements
from indexer.relevance.publications import Publications
from indexer.relevance.query_sets import QuerySet, SavedQuery, of_words
from indexer.settings import Settings
from search.comparison import METRIC, QueryComparison, SetComparison, compare_queries
from search.cursors import Cursors
from search.local_texts import LocalTexts
from search.navigation import Navigation
from search.parameters import SearchParameters

_SIGNIFICANT = 0.05
_UNUSED_KEY = "cursors of comparisons are never read"


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--queries",
    "asked",
    required=True,
    metavar="NAME|FILE",
    help="A saved query set; or a file: a query set, a golden set of queries, or one query a line.",
)
@click.option("--size", default=24, show_default=True, type=click.IntRange(1, 100), help="Products of each page.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the report.")
@click.option("--least-overlap", type=click.FloatRange(0, 1), help="Fail if the pages share less than this on average.")
def command(first: str, second: str, asked: str, size: int, html: Path | None, least_overlap: float | None) -> None:
    """Compare two configurations on saved queries or those of a file, the biggest change first.

    A and B are names of saved configurations, NAME@NUMBER, `live`, `default`, or files. Exit code 1 if B is worse by
    the file's judgements, beyond doubt, or shares too little with A.
    """
    with errors_in_one_line():
        settings = Settings.from_environment()
        index = ProductIndex.open(settings)
        store = Publications(index)
        live = store.live()
        before, after = (
            live.model_copy(update={"configuration": _configuration(store, name)}) for name in (first, second)
        )
        queries, grades = _queries(store, asked)
        navigation = Navigation(index, Cursors(_UNUSED_KEY), texts=LocalTexts(settings))
        compared = compare_queries(navigation.preview, queries, before, after, grades, SearchParameters(size=size))
    report = _report(first, second, Path(asked).name, compared)
    console = report_console()
    for what, fact in report.facts.items():
        console.print(f"{what}: {fact}")
    for part in report.parts:
        if isinstance(part, Table):
            console.print(part.for_terminal())
    if html:
        console.print(str(report.write(html.parent, html.stem)))
    if problems := list(_problems(compared, least_overlap)):
        console.print("\n".join(problems))
        sys.exit(1)


def read_queries(file: Path) -> tuple[list[SavedQuery], Grades]:
    """Read queries: a query set (``.toml``), a golden set (``.jsonl``, ``.csv``) with its grades, or one a line.

    Raises
    ------
    GoldenSetError
        It has none, or isn't a golden set of queries.
    RelevanceError
        It isn't a query set, or a query is too long.
    """
    if file.suffix == ".toml":
        return list(toml_files.read_file(file, QuerySet).queries), {}
    if file.suffix in {".jsonl", ".csv"}:
        judgements = [j for j in read_judgements(file) if isinstance(j, QueryJudgement)]
        queries, grades = [j.query for j in judgements], merge(judgements)
    else:
        lines = (line.strip() for line in _text(file).splitlines())
        queries, grades = [line for line in lines if line and not line.startswith("#")], {}
    if not queries:
        raise GoldenSetError(f"{file} has no queries")
    return of_words(queries), grades


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenSetError(f"{file} can't be read: {error}") from error


def _queries(store: Publications, asked: str) -> tuple[list[SavedQuery], Grades]:
    """Read the queries of a file, or else of a saved query set."""
    file = Path(asked)
    if file.is_file():
        return read_queries(file)
    if file.suffix:
        raise RelevanceError(f"{asked}: there is no such file")
    return list(store.get(QuerySet, asked).queries), {}


def _configuration(store: Publications, name: str) -> Configuration:
    if name.endswith(".toml"):
        return toml_files.read_file(Path(name), Configuration)
    return store.configuration(name)


def _report(first: str, second: str, asked: str, compared: SetComparison) -> Report:
    overlap = compared.overlap
    facts = {
        "Queries": f"{len(compared.queries)} of {asked}",
        "Products that both pages share": f"{overlap.mean:.0%} on average ({overlap.low:.0%} to {overlap.high:.0%})",
        "Queries with another total": str(compared.totals_changed),
    }
    if judged := compared.judged:
        change = f"{judged.difference:+.3f} ({judged.low:+.3f} to {judged.high:+.3f}), p {judged.p:.3f}"
        facts[f"{METRIC}, {second} minus {first}"] = f"{change}, {judged.anchors} judged queries"
    columns = ["Query", METRIC, "Shared", "New", "Gone", "Moved", "Total", "Plan", "Took ms"]
    note = "The biggest change first. New, gone and moved: products of the page."
    table = Table(f"{first} and {second}", columns, [_row(query) for query in compared.queries], note)
    return Report(f"{first} and {second} compared", facts, [table])


def _row(query: QueryComparison) -> list[str]:
    changes = [move.change for move in query.moves]
    before, after = query.before, query.after

    def both(one: object, other: object) -> str:
        return f"{one}" if one == other else f"{one} → {other}"

    return [
        query.query,
        both(f"{query.scores[0]:.3f}", f"{query.scores[1]:.3f}") if query.scores else "",
        f"{query.overlap:.0%}",
        str(changes.count("new")),
        str(changes.count("gone")),
        str(changes.count("up") + changes.count("down")),
        both(before.total, after.total),
        both(before.strategy, after.strategy),
        both(before.took_ms, after.took_ms),
    ]


def _problems(compared: SetComparison, least_overlap: float | None) -> list[str]:
    problems = []
    if (judged := compared.judged) and judged.difference < 0 and judged.p < _SIGNIFICANT:
        problems.append(f"worse: {METRIC} {judged.difference:+.3f}, p {judged.p:.3f}")
    if least_overlap is not None and compared.overlap.mean < least_overlap:
        problems.append(f"the pages share {compared.overlap.mean:.0%}, less than {least_overlap:.0%}")
    return problems
