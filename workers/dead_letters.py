"""``lookalike dead-letters list|retry|drop``: decide what happens to work that cannot succeed as it is."""

from __future__ import annotations

import time
from collections.abc import Iterable

import click

from indexer.catalog.currencies import NO_RATES, Rates
from indexer.catalog.events import parse_event
from indexer.cli.console import Commands
from indexer.elastic.dead_letters import DeadLetter, DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError, ProductSearchError
from indexer.settings import Settings
from workers.app import EMBED_WAITING, WRITE_EVENTS
from workers.queues.connection import COMMAND
from workers.queues.event_queue import Entry
from workers.queues.handle import Queues


@click.group(cls=Commands)
def main() -> None:
    """List, retry or drop dead letters."""


@main.command("list")
@click.option("--size", default=100, show_default=True, help="How many to list, newest first.")
def list_letters(size: int) -> None:
    """List dead letters: id, time, kind, product, reason."""
    letters = _letters()
    for letter in letters.latest(size):
        click.echo(f"{letter.id}  {letter.at}  {letter.kind:<9}  {letter.product}  {letter.reason}")
    click.echo(f"{letters.count():,} dead letters")


@main.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
def retry(ids: tuple[str, ...], *, everything: bool) -> None:
    """Queue dead letters again."""
    letters, settings = _letters(), Settings.from_environment()
    with Queues.open(settings, COMMAND) as queues:
        count, faults = requeue(
            _chosen(letters, ids, everything=everything), letters, queues, Rates.from_settings(settings)
        )
    for letter, why in faults:
        click.echo(f"{letter.id}: {why}", err=True)
    click.echo(f"{count:,} queued again")


@main.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
def drop(ids: tuple[str, ...], *, everything: bool) -> None:
    """Delete dead letters."""
    letters = _letters()
    click.echo(f"{letters.remove(_chosen(letters, ids, everything=everything)):,} dropped")


def requeue(
    chosen: Iterable[DeadLetter], letters: DeadLetters, queues: Queues, rates: Rates = NO_RATES
) -> tuple[int, list[tuple[DeadLetter, str]]]:
    """Queue the work of dead letters again, and delete each letter whose work was queued.

    Prices of events that were never read are converted by ``rates``.

    Returns
    -------
    count : int
        How many were queued.
    faults : list
        Letters whose event is still invalid, each with the reason.

    Raises
    ------
    QueueError
        Redis is down or full; letters whose work was not queued stay.
    """
    queued: list[DeadLetter] = []
    faults: list[tuple[DeadLetter, str]] = []
    try:
        for letter in chosen:
            try:
                if letter.kind == "event":
                    event = parse_event(letter.event, rates=rates).model_dump(mode="json")
                    queues.events.add([Entry(event, letter.event_id, time.time())])
                else:
                    queues.embedding.add([letter.product])
            except CatalogError as error:
                faults.append((letter, str(error)))
            else:
                queued.append(letter)
    finally:
        letters.remove(queued)
    for task in (WRITE_EVENTS, EMBED_WAITING):
        queues.tasks.wake(task)  # if this fails, the scheduler wakes a worker later
    return len(queued), faults


def _chosen(letters: DeadLetters, ids: tuple[str, ...], *, everything: bool) -> list[DeadLetter]:
    if bool(ids) == everything:
        raise click.UsageError("Pass the ids of dead letters, or --all.")
    if everything:
        return list(letters.all())
    chosen = letters.get(ids)
    if unknown := set(ids) - {letter.id for letter in chosen}:
        raise ProductSearchError(f"There is no dead letter {min(unknown)}; `list` shows all of them")
    return chosen


def _letters() -> DeadLetters:
    settings = Settings.from_environment()
    return DeadLetters(ProductIndex.open(settings))


if __name__ == "__main__":
    main(prog_name="python -m workers.dead_letters")
