"""The options of commands that read a catalogue file."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from indexer.catalog.feeds.feed import FeedOptions
from indexer.catalog.feeds.formats import NAMES
from indexer.catalog.feeds.mapping import read_mapping

_DELIMITERS = {"tab": "\t", "\\t": "\t"}


def feed_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a file is read; the command gets them as `FeedOptions` named ``options``."""

    @click.option(
        "--format", "format_name", type=click.Choice(NAMES), help="By default recognised from the file's columns."
    )
    @click.option("--encoding", default="", help="Such as windows-1252; by default detected.")
    @click.option("--delimiter", default="", help="What separates the cells of a CSV: one character, or tab.")
    @click.option(
        "--mapping",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File (TOML) that says what the columns mean; `lookalike feed inspect` proposes one.",
    )
    @wraps(command)
    def with_options(
        *args: Any, format_name: str | None, encoding: str, delimiter: str, mapping: Path | None, **options: Any
    ) -> Any:
        delimiter = _DELIMITERS.get(delimiter, delimiter)
        if len(delimiter) > 1 or delimiter in {'"', "\r", "\n"}:
            raise click.BadParameter("must be one character, or tab", param_hint="--delimiter")
        feed = FeedOptions(format_name or "", encoding, delimiter, read_mapping(mapping) if mapping else None)
        return command(*args, options=feed, **options)

    return with_options
