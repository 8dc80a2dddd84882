"""The options of commands that read a catalogue file."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from indexer.catalog.feeds.feed import FeedOptions
from indexer.catalog.feeds.formats import NAMES

_DELIMITERS = {"tab": "\t", "\\t": "\t"}


def feed_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a file is read; the command gets them as `FeedOptions` named ``options``."""

    @click.option("--format", "form", type=click.Choice(NAMES), help="By default recognised from the file's columns.")
    @click.option("--encoding", default="", help="Such as windows-1252; by default detected.")
    @click.option("--delimiter", default="", help="What separates the cells of a CSV: one character, or tab.")
    @wraps(command)
    def with_options(*args: Any, form: str | None, encoding: str, delimiter: str, **options: Any) -> Any:
        delimiter = _DELIMITERS.get(delimiter, delimiter)
        if len(delimiter) > 1 or delimiter in {'"', "\r", "\n"}:
            raise click.BadParameter("must be one character, or tab", param_hint="--delimiter")
        return command(*args, options=FeedOptions(form or "", encoding, delimiter), **options)

    return with_options
