"""``lookalike experiments``: let shoppers decide between two configurations."""

from __future__ import annotations

import math

import click

from es_mappings.experiment import METRICS, Kind, Metric
from indexer.checks.trying import try_configuration
from indexer.cli.console import author_option
from indexer.elastic.product_index import ProductIndex
from indexer.experiments.judging import look_again
from indexer.experiments.log import Experiments
from indexer.experiments.results import Measure, Result
from indexer.experiments.starting import described, new_experiment
from indexer.relevance.publications import Publications
from indexer.settings import Settings


@click.group()
def experiments() -> None:
    """Let shoppers decide between two configurations. One experiment runs at a time; what is live stays live."""


@experiments.command()
@click.argument("name")
@click.argument("treatment")
@click.option("--control", default="live", show_default=True, help="What it is compared with.")
@click.option("--kind", type=click.Choice(["ab", "interleaving"]), default="ab", show_default=True)
@click.option("--share", default=1.0, show_default=True, type=float, help="Of all visits: those that take part.")
@click.option("--metric", type=click.Choice([m for m in METRICS if m != "zero"]), default="clicks", show_default=True)
@click.option("--minimum-days", default=7, show_default=True, type=int, help="Before it is called better.")
@click.option("--minimum-visits", default=500, show_default=True, type=int, help="Of each side, before it is decided.")
@click.option("--note", default="", metavar="TEXT", help="Why, for the history.")
@author_option
def start(
    name: str,
    treatment: str,
    *,
    control: str,
    kind: Kind,
    share: float,
    metric: Metric,
    minimum_days: int,
    minimum_visits: int,
    note: str,
    author: str,
) -> None:
    """Start the experiment NAME of the configuration TREATMENT: NAME, NAME@NUMBER, `live` or `default`."""
    index = _index()
    limits = {"minimum_days": minimum_days, "minimum_visits": minimum_visits, "share": share, "metric": metric}
    experiment = new_experiment(Publications(index), name, control, treatment, kind=kind, **limits)
    if findings := try_configuration(index, experiment.treatment):
        raise click.ClickException("\n".join(["nothing was started:", *map(str, findings)]))
    run = Experiments(index).start(experiment, author, note)
    click.echo(f"experiment {run.number}, {name}: {described(experiment)}; shoppers get it within five seconds")


@experiments.command()
@click.argument("name")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the history.")
@author_option
def stop(name: str, reason: str, author: str) -> None:
    """Stop the experiment NAME: shoppers get what is live again."""
    run = Experiments(_index()).stop(name, author, reason)
    click.echo(f"experiment {run.number}, {name}, is stopped")


@experiments.command()
@click.argument("number", type=int, required=False)
def results(number: int | None) -> None:
    """Count the visits of an experiment, by default of the newest, and print what came of it."""
    index = _index()
    runs = Experiments(index).history()
    run = next((run for run in runs if number in (None, run.number)), None)
    if run is None:
        raise click.ClickException(f"there is no experiment {number}" if number else "no experiment was started yet")
    result = look_again(index, run)
    if run.experiment is None or result is None:
        raise click.ClickException(f"experiment {run.number} {run.note}")
    click.echo(f"experiment {run.number}, {run.name}: {described(run.experiment)}, since {run.at}")
    click.echo(f"{result.verdict}: {result.reason}")
    for side, visits in result.visits.items():
        click.echo(f"  {side:<12} {visits:>9,} visits")
    for line in _lines(result):
        click.echo(line)


@experiments.command("list")
def list_() -> None:
    """List the experiments: who started and stopped them, when and why."""
    for run in Experiments(_index()).history():
        end = f"stopped {run.ended_at} by {run.ended_by}  {run.reason}" if run.ended_at else "* running"
        what = described(run.experiment) if run.experiment else ""
        click.echo(f"{run.number:<5} {run.name:<24} {what}  {run.at}  {run.author}  {run.note}  {end}".rstrip())


def _lines(result: Result) -> list[str]:
    lines = []
    for segment, measures in {"": result.measures, **result.segments}.items():
        lines += [f"{segment}:"] if segment else []
        lines += [_line(measure) for measure in measures]
    return lines


def _line(measure: Measure) -> str:
    low, high = (f"{100 * end:+.2f}" if math.isfinite(end) else "?" for end in _ends(measure))
    found = " better" if measure.is_better else " worse" if measure.is_worse else ""
    shares = f"{measure.control:>7.2%} {measure.treatment:>7.2%}"
    change = f"{100 * measure.difference.estimate:+.2f} ({low} to {high}) points{found}"
    return f"  {METRICS[measure.metric]:<36} {shares}  {change}"


def _ends(measure: Measure) -> tuple[float, float]:
    return measure.difference.low, measure.difference.high


def _index() -> ProductIndex:
    return ProductIndex.open(Settings.from_environment())
