"""What `lookalike rebuild` and `lookalike rollback` share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import click
from rich.progress import Progress, TaskID

from es_mappings import product
from indexer.cli.console import progress_bar
from indexer.elastic.product_index import ProductIndex
from indexer.rollouts.rollout import STEPS, Rollout
from indexer.rollouts.state import StateStore
from indexer.rollouts.steps import Options, Watch
from indexer.settings import Settings

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

anyway_option = click.option("--anyway", is_flag=True, help="Swap whatever the comparison says.")
abandon_option = click.option("--abandon", is_flag=True, help="Give up the one that is under way.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")


def carry_out(settings: Settings, options: Options, kind: str, *, abandon: bool) -> None:
    """Run a rebuild or a rollback to its end, or give up the one that is under way."""

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
    """Show steps and progress, with the time left."""
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


def explain(settings: Settings, kind: str) -> None:
    """Print what a rebuild or a rollback would do."""
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
        click.echo("Vectors are copied if models, aspects and space stay, else made again from stored activations.")
    click.echo(f"Steps: {', '.join(STEPS[kind])}")
