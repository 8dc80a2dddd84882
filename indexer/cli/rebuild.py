"""``lookalike rebuild | rollback | prune``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import Progress, TaskID

from es_mappings import product
from indexer.cli.console import progress_bar
from indexer.elastic.product_index import ProductIndex
from indexer.relevance import golden
from indexer.rollouts.comparing import Thresholds
from indexer.rollouts.rollout import STEPS, Rollout, prune
from indexer.rollouts.state import StateStore
from indexer.rollouts.steps import Options, Watch
from indexer.settings import Settings

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

_anyway = click.option("--anyway", is_flag=True, help="Swap whatever the comparison says.")
_abandon = click.option("--abandon", is_flag=True, help="Give up the one that is under way.")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
_GOLDEN = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--refit", is_flag=True, help="Fit the reductions anew on the activations that are kept.")
@click.option("--space", metavar="DIGEST", help="Use this vector space, fitted before, such as a learned one.")
@click.option("--golden", "golden_set", type=_GOLDEN, help="Compare NDCG@10 on these judgements.")
@click.option("--max-ndcg-loss", type=float, default=0.02, show_default=True, help="By how much NDCG@10 may fall.")
@click.option("--min-overlap", type=click.FloatRange(0, 1), default=0.0, help="Least overlap of each top 24, 0 to 1.")
@click.option("--shards", type=click.IntRange(1), default=1, show_default=True)
@click.option("--replicas", type=click.IntRange(0), default=0, show_default=True)
@_anyway
@_abandon
@_dry_run
def rebuild(
    *,
    refit: bool,
    space: str | None,
    golden_set: Path | None,
    max_ndcg_loss: float,
    min_overlap: float,
    shards: int,
    replicas: int,
    anyway: bool,
    abandon: bool,
    dry_run: bool,
) -> None:
    """Build a new index beside the live one, for today's mapping and models, and let it be the live one.

    The shop goes on meanwhile. A run that was stopped goes on where it was; the index that was live is kept for
    `rollback`.
    """
    settings = Settings.from_environment()
    if dry_run:
        _explain(settings, "rebuild")
        return
    options = Options(
        refit=refit,
        space=space,
        shards=shards,
        replicas=replicas,
        anyway=anyway,
        thresholds=Thresholds(ndcg=max_ndcg_loss, overlap=min_overlap),
        judgements=golden.read_golden_set(golden_set) if golden_set else (),
    )
    _carry_out(settings, options, "rebuild", abandon=abandon)


@click.command()
@_anyway
@_abandon
@_dry_run
def rollback(*, anyway: bool, abandon: bool, dry_run: bool) -> None:
    """Let the index that was live before be so again, with all that was written since."""
    settings = Settings.from_environment()
    if dry_run:
        _explain(settings, "rollback")
    else:
        _carry_out(settings, Options(anyway=anyway), "rollback", abandon=abandon)


@click.command(name="prune")
def prune_command() -> None:
    """Delete the index that is kept for `rollback`: writes go to the live one alone then."""
    settings = Settings.from_environment()
    index = ProductIndex.open(settings)
    running = StateStore(index).read().running
    if running:
        raise click.ClickException(f"A {running.kind} is under way; it prunes at its end.")
    deleted = prune(index)
    click.echo(f"Deleted {', '.join(deleted)}" if deleted else "No other index is kept")


def _carry_out(settings: Settings, options: Options, kind: str, *, abandon: bool) -> None:
    @cache
    def pipeline() -> Pipeline:
        from indexer.embedding.pipeline import Pipeline

        return Pipeline.from_settings(settings)

    with _watching() as watch:
        rollout = Rollout(ProductIndex.open(settings), pipeline, options, watch)
        if abandon:
            given_up = rollout.abandon()
            click.echo(f"Gave up {given_up}" if given_up else "None is under way")
            return
        name = rollout.rebuild() if kind == "rebuild" else rollout.rollback()
    click.echo(f"{settings.index_name} is {name}. `lookalike rollback` goes back; `prune` deletes what is kept.")


@contextmanager
def _watching() -> Iterator[Watch]:
    """Show steps and progress, with the time that is left."""
    bars: dict[str, TaskID] = {}
    with progress_bar() as progress:
        yield Watch(
            step=lambda name: progress.console.print(f"{name} ...", style="bold", highlight=False),
            say=lambda line: progress.console.print(line, markup=False, highlight=False),
            progress=lambda what, done, total: _show(progress, bars, what, done, total),
        )


def _show(progress: Progress, bars: dict[str, TaskID], what: str, done: int, total: int) -> None:
    if what not in bars:
        bars[what] = progress.add_task(what, total=total)
    progress.update(bars[what], completed=done, total=total)


def _explain(settings: Settings, kind: str) -> None:
    index = ProductIndex.open(settings)
    live, state = index.live(), StateStore(index).read()
    aspects = {
        "aspects of the live index": index.meta().get("aspects", []),
        "aspects of es_mappings/product.py": product.LAYOUT.to_meta(),
    }
    counts = index.counts()
    click.echo(
        f"{index.alias} is {live}: {counts['all']:,} products, {counts['done']:,} with a vector of the space ", nl=False
    )
    click.echo(index.space() or "that is not fitted yet")
    if state.running:
        done = ", ".join(state.running.done) or "nothing"
        click.echo(f"A {state.running.kind} to {state.running.new_index} is under way: {done} done")
    if kind == "rollback":
        click.echo(f"It would go back to {state.kept.index}" if state.kept else "No index is kept to go back to")
    else:
        for name, parts in aspects.items():
            click.echo(f"{name}: {', '.join('{name} {dims}'.format(**part) for part in parts)}")
        click.echo("Vectors are copied where models, aspects and space stay, and made from kept activations else.")
    click.echo(f"Steps: {', '.join(STEPS[kind])}")
