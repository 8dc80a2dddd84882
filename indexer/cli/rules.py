"""``lookalike rules``: save, check and publish rules, which pin, hide, boost, narrow, redirect, or show a banner."""

from __future__ import annotations

from pathlib import Path

import click

from es_mappings.rules import Rule
from indexer.cli.console import author_option
from indexer.cli.named_files import FILE, FOLDER, note_option, saved_text, write_files
from indexer.elastic.product_index import ProductIndex
from indexer.errors import RelevanceError
from indexer.relevance import toml_files
from indexer.relevance.conflicts import conflicts
from indexer.relevance.naming import read_name
from indexer.relevance.publications import Publications
from indexer.relevance.rule_checks import faults
from indexer.settings import Settings


@click.group()
def rules() -> None:
    """Save, check and publish rules: when a search is for something, pin, hide, boost or narrow.

    A saved rule changes nothing until it is published; shoppers get it within five seconds.
    """


@rules.command("list")
def list_() -> None:
    """List the rules; live ones are marked with *."""
    store = _store()
    live = {rule.name: rule for rule in store.live().rules}
    saved = {version.name: version for version in store.all(Rule)}
    for name in sorted({*live, *saved}):
        version = saved.get(name)
        mark = "*" if name in live and version and version.value == live[name] else "~" if name in live else " "
        click.echo(f"{mark} {name:<30} {saved_text(version) if version else 'deleted'}")


@rules.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a rule as a file that `import` reads; NAME@NUMBER for one of its versions."""
    click.echo(toml_files.write(_store().get(Rule, *read_name(name))), nl=False)


@rules.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@author_option
@note_option
def import_(files: tuple[Path, ...], author: str, note: str) -> None:
    """Save the rules of FILES, each as its next version if it changed; none is published."""
    store = _store()
    for rule in [toml_files.read_file(file, Rule) for file in files]:  # all are read before any is saved
        version = store.save(rule, author, note)
        click.echo(f"{version.name}@{version.number} saved")


@rules.command()
@click.argument("names", nargs=-1)
@click.option("--to", "folder", type=FOLDER, default="es_mappings/rules.d", show_default=True)
def export(names: tuple[str, ...], folder: Path) -> None:
    """Write rules as files, to be reviewed in git: those named, or all."""
    store = _store()
    write_files([store.get(Rule, n) for n in names or [v.name for v in store.all(Rule)]], folder)


@rules.command()
@click.argument("names", nargs=-1, required=True)
@author_option
@note_option
@click.option("--anyway", is_flag=True, help="Publish in spite of conflicts with other rules, and of doubts.")
def publish(names: tuple[str, ...], author: str, note: str, *, anyway: bool) -> None:
    """Make rules live, in addition to those that are. Conflicts with other rules are shown, and publish nothing."""
    index = _index()
    store = Publications(index)
    new = [store.get(Rule, name) for name in dict.fromkeys(names)]
    live = store.live()
    after = [*(rule for rule in live.rules if rule.name not in names), *new]
    known = conflicts(live.rules)
    clashes = [conflict for conflict in conflicts(after) if conflict not in known]
    wrong = [f for f in [*(f for rule in new for f in faults(index, rule)), *clashes] if not (anyway and f.is_doubt)]
    if wrong:
        raise click.ClickException("\n".join(["nothing was published:", *map(str, wrong)]))
    published = store.publish(author, rules=after, note=note or f"rules {', '.join(names)}", expected=live.number)
    click.echo(f"publication {published.number}: {len(published.rules)} rules are live within five seconds")


@rules.command()
@click.argument("names", nargs=-1, required=True)
@author_option
def withdraw(names: tuple[str, ...], author: str) -> None:
    """Take rules out of what is live; they stay saved."""
    store = _store()
    live = store.live()
    if missing := sorted({*names} - {rule.name for rule in live.rules}):
        raise RelevanceError(f"no live rule: {', '.join(missing)}")
    left = [rule for rule in live.rules if rule.name not in names]
    store.publish(author, rules=left, note=f"without {', '.join(names)}", expected=live.number)


@rules.command()
@click.argument("name")
@author_option
def delete(name: str, author: str) -> None:
    """Delete a saved rule; its versions stay, and what is live stays live until it is withdrawn."""
    _store().delete(Rule, name, author)


def _index() -> ProductIndex:
    return ProductIndex.open(Settings.from_environment())


def _store() -> Publications:
    return Publications(_index())
