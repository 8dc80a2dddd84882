"""``lookalike synonyms``: list, add, remove or replace what shoppers' words are also searched as."""

from __future__ import annotations

from pathlib import Path

import click

from indexer import synonyms as store
from indexer.cli.console import author_option
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError
from indexer.relevance.changes import Change
from indexer.settings import Settings
from indexer.synonyms import Rule

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def synonyms() -> None:
    """List, add or remove synonyms. A changed rule counts within five seconds, and needs no new index.

    A rule is `tv, television` (each is also searched as the others), or `notebook => laptop` (one way).
    """


@synonyms.command("list")
def list_() -> None:
    """Print all rules, one a line, as `load` reads them."""
    for rule in store.read(_index()):
        click.echo(rule)


@synonyms.command()
@click.argument("rules", nargs=-1, required=True, metavar="RULE...")
@author_option
@click.option("--note", default="", metavar="TEXT", help="Why, for the history.")
def add(rules: tuple[str, ...], author: str, note: str) -> None:
    """Add rules."""
    store.change(_index(), _parsed(rules), author=author, note=note)


@synonyms.command()
@click.argument("rules", nargs=-1, required=True, metavar="RULE...")
@author_option
@click.option("--note", default="", metavar="TEXT", help="Why, for the history.")
def remove(rules: tuple[str, ...], author: str, note: str) -> None:
    """Remove rules, written as `list` prints them."""
    parsed = _parsed(rules)
    change = store.change(_index(), remove=parsed, author=author, note=note)
    removed = len(change.removed) if change else 0
    if removed < len(parsed):
        raise click.ClickException(f"{len(parsed) - removed} of {len(parsed)} rules did not exist")


@synonyms.command()
def log() -> None:
    """List who changed what, the newest first."""
    for change in store.history(_index()).latest(store.HISTORY):
        click.echo(f"{change.number}  {change.at}  {change.author}  {change.note}".rstrip())
        _print_rules(change)


@synonyms.command()
@author_option
def undo(author: str) -> None:
    """Undo the newest change, and say what it takes back; an undo can be undone, too."""
    index = _index()
    newest = next(iter(store.history(index).latest(1)), None)
    undone = store.undo(index, newest.number if newest else 0, author=author)
    if newest:
        click.echo(f"Change {newest.number} by {newest.author} is undone{':' if undone else ', and was already.'}")
    if undone:
        _print_rules(undone)


@synonyms.command()
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Remove all rules that the file does not have.")
@author_option
@click.option("--note", default="", metavar="TEXT", help="Why, for the history.")
def load(file: Path, author: str, note: str, *, replace: bool) -> None:
    """Add the rules of FILE, one a line; lines that begin with # are comments."""
    index = _index()
    try:
        rules = store.parse_rules(file.read_text(encoding="utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise CatalogError(f"{file} is not UTF-8: {error.reason} at byte {error.start}") from error
    except CatalogError as error:
        raise CatalogError(f"{file}, {error}") from error
    gone = [rule for rule in store.read(index) if rule not in rules] if replace else []
    store.change(index, rules, gone, author=author, note=note or f"{file.name} loaded")
    click.echo(f"{len(rules)} rules of {file}" + (f", {len(gone)} others removed" if replace else ""))


def _print_rules(change: Change) -> None:
    for line in [f"+ {rule}" for rule in change.added] + [f"- {rule}" for rule in change.removed]:
        click.echo(f"    {line}")


def _index() -> ProductIndex:
    return ProductIndex.open(Settings.from_environment())


def _parsed(rules: tuple[str, ...]) -> list[Rule]:
    try:
        return [Rule.parse(rule) for rule in rules]
    except CatalogError as error:
        raise click.BadParameter(str(error), param_hint="RULE") from error
