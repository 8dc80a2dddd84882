"""``lookalike configurations``: save, compare and publish what relevance is made of, with its history."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from es_mappings.configuration import Configuration
from indexer.checks.trying import try_configuration
from indexer.cli.console import author_option
from indexer.cli.named_files import FILE, FOLDER, note_option, saved_text, write_files
from indexer.elastic.product_index import ProductIndex
from indexer.relevance import toml_files
from indexer.relevance.publications import Publications
from indexer.settings import Settings


@click.group()
def configurations() -> None:
    """Save, compare and publish configurations: boosts, weights, mode, strategy, thresholds, script.

    One is live; shoppers get a published one within five seconds. NAME is that of a configuration, or NAME@NUMBER for
    one of its versions, or `live`.
    """


@configurations.command("list")
def list_() -> None:
    """List the configurations, the live one marked with *."""
    store = _store()
    live = store.live()
    click.echo(f"* {live.configuration.name:<30} live since {live.at or 'the start'}  {live.author}".rstrip())
    for version in store.all(Configuration):
        click.echo(f"  {version.name:<30} {saved_text(version)}")


@configurations.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a configuration as a file that `import` reads."""
    click.echo(toml_files.write(_store().configuration(name)), nl=False)


@configurations.command()
@click.argument("first")
@click.argument("second")
def diff(first: str, second: str) -> None:
    """Print what differs between two configurations; exit code 1 if anything does."""
    store = _store()
    before, after = (toml_files.write(store.configuration(name)).splitlines() for name in (first, second))
    lines = list(difflib.unified_diff(before, after, first, second, lineterm=""))
    click.echo("\n".join(lines) or "no difference")
    if lines:
        raise click.exceptions.Exit(1)


@configurations.command()
@click.argument("name")
def versions(name: str) -> None:
    """List the versions of a configuration: number, time, author, note."""
    for version in _store().versions(Configuration, name):
        click.echo(f"@{version.number:<5} {version.at}  {version.author:<20} {version.note}".rstrip())


@configurations.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@author_option
@note_option
def import_(files: tuple[Path, ...], author: str, note: str) -> None:
    """Save the configurations of FILES, each as its next version if it changed; none is published."""
    store = _store()
    read = [toml_files.read_file(file, Configuration) for file in files]  # all of them, before any is saved
    for configuration in read:
        version = store.save(configuration, author, note)
        click.echo(f"{version.name}@{version.number} saved")


@configurations.command()
@click.argument("names", nargs=-1)
@click.option("--to", "folder", type=FOLDER, default="es_mappings/configurations", show_default=True)
def export(names: tuple[str, ...], folder: Path) -> None:
    """Write configurations as files, to be reviewed in git: those named, or all."""
    store = _store()
    saved = [version.name for version in store.all(Configuration)]
    write_files([store.configuration(name) for name in names] or [store.get(Configuration, n) for n in saved], folder)


@configurations.command()
@click.argument("name")
@author_option
@note_option
def publish(name: str, author: str, note: str) -> None:
    """Check a configuration in a scratch index, and make it live; `default` is what the code says."""
    index = _index()
    store = Publications(index)
    configuration = store.configuration(name)
    if findings := try_configuration(index, configuration):
        raise click.ClickException("\n".join(["nothing was published:", *map(str, findings)]))
    published = store.publish(author, configuration=configuration, note=note or f"{name} live")
    click.echo(f"publication {published.number}: {name} is live within five seconds")


@configurations.command("check")
@click.argument("name")
def check_(name: str) -> None:
    """Check a configuration in a scratch index; exit code 1 if anything is wrong."""
    index = _index()
    for finding in (findings := try_configuration(index, Publications(index).configuration(name))):
        click.echo(finding)
    if findings:
        raise click.exceptions.Exit(1)


@configurations.command()
@author_option
def undo(author: str) -> None:
    """Make live again what was live before the newest publication."""
    published = _store().undo(author)
    click.echo(f"publication {published.number}: {published.configuration.name} is live again")


@configurations.command()
@click.argument("name")
@author_option
def delete(name: str, author: str) -> None:
    """Delete a configuration; its versions stay, and what is live stays live."""
    _store().delete(Configuration, name, author)


@configurations.command()
@click.option("--size", default=20, show_default=True, type=click.IntRange(1, 1_000))
def log(size: int) -> None:
    """Print who published what and when, the newest first."""
    for p in _store().history(size):
        rules = f"{len(p.rules)} rules" if len(p.rules) != 1 else "1 rule"
        click.echo(f"{p.number:<5} {p.at}  {p.author:<16} {p.configuration.name}, {rules}  {p.note}".rstrip())


def _index() -> ProductIndex:
    return ProductIndex.open(Settings.from_environment())


def _store() -> Publications:
    return Publications(_index())
