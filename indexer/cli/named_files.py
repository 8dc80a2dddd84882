"""What the commands of configurations, rules and query sets share: their versions in one line, and as files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from es_mappings.configuration import Configuration
from es_mappings.rules import Rule
from indexer.relevance import toml_files
from indexer.relevance.query_sets import QuerySet
from indexer.relevance.versions import Version

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

note_option = click.option("--note", default="", metavar="TEXT", help="Why, for the history.")


def saved_text(version: Version) -> str:
    """Return when a version was saved, by whom and why: ``@2  saved 2026-11-28T12:00:00Z by ada  colours first``."""
    return f"@{version.number}  saved {version.at} by {version.author}  {version.note}".rstrip()


def write_files(values: Iterable[Configuration | Rule | QuerySet], folder: Path) -> None:
    """Write each value as a file of its name, and print the paths; all are read before any is written."""
    wanted = list(values)
    folder.mkdir(parents=True, exist_ok=True)
    for value in wanted:
        path = folder / f"{value.name}.toml"
        path.write_text(toml_files.write(value), encoding="utf-8")
        click.echo(path)
