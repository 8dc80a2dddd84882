"""``python -m workers.dead_letters list|retry|drop``: work that can't succeed as it is, and what a person decides."""

from __future__ import annotations

from collections.abc import Sequence

import click

from indexer.console import Commands
from indexer.dead_letters import DeadLetter, DeadLetters
from indexer.elastic import connect
from indexer.errors import CatalogError, ProductSearchError
from indexer.settings import Settings
from workers import resources, writing


@click.group(cls=Commands)
def main() -> None:
    """Look at dead letters, try them again, or drop them."""


@main.command("list")
@click.option("--size", default=100, show_default=True, help="How many to list, the latest first.")
def list_letters(size: int) -> None:
    """List dead letters: id, when, what, the product, the reason."""
    letters = _letters()
    for letter in letters.latest(size):
        click.echo(f"{letter.id}  {letter.at}  {letter.kind:<9}  {letter.product}  {letter.reason}")
    click.echo(f"{letters.count():,} dead letters")


@main.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
def retry(ids: tuple[str, ...], *, everything: bool) -> None:
    """Queue dead letters again."""
    chosen = _chosen(ids, everything=everything)
    count, faults = again(chosen)
    for letter, why in faults:
        click.echo(f"{letter.id}: {why}", err=True)
    click.echo(f"{count:,} queued again")


@main.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
def drop(ids: tuple[str, ...], *, everything: bool) -> None:
    """Forget dead letters."""
    click.echo(f"{_letters().remove(_chosen(ids, everything=everything)):,} dropped")


def again(letters: Sequence[DeadLetter]) -> tuple[int, list[tuple[DeadLetter, str]]]:
    """Queue dead letters again; a letter goes when its work is queued.

    Returns
    -------
    count : int
        How many were queued.
    faults : list
        The others, each with the reason.

    Raises
    ------
    QueueError
        Redis is away or full.
    """
    done, faults = [], []
    for letter in letters:
        try:
            if letter.kind == "event":
                writing.again(letter.event, letter.event_id)
            else:
                writing.embed([letter.product])
        except CatalogError as error:
            faults.append((letter, str(error)))
        else:
            done.append(letter)
    return resources.dead_letters().remove(done), faults


def _chosen(ids: tuple[str, ...], *, everything: bool) -> list[DeadLetter]:
    if bool(ids) == everything:
        raise click.UsageError("Name letters by their ids, or say --all.")
    held = {letter.id: letter for letter in _letters().all()}
    if unknown := [name for name in ids if name not in held]:
        raise ProductSearchError(f"There is no dead letter {unknown[0]}; `list` shows those there are")
    return list(held.values()) if everything else [held[name] for name in ids]


def _letters() -> DeadLetters:
    settings = Settings.from_environment()
    return DeadLetters(connect(settings), settings.index_name)


if __name__ == "__main__":
    main(prog_name="python -m workers.dead_letters")
