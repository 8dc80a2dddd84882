"""What the commands share: errors in one line, tables, progress bars."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from elastic_transport import TransportError
from elasticsearch import ApiError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from indexer.errors import ProductSearchError


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn errors that the user can fix into one line and exit code 1."""
    try:
        yield
    except ProductSearchError as error:
        raise click.ClickException(str(error)) from error
    except TransportError as error:
        raise click.ClickException(f"Elasticsearch doesn't answer: {error}. Is ELASTICSEARCH_URL right?") from error
    except ApiError as error:
        raise click.ClickException(f"Elasticsearch refused: {error}") from error


class Commands(click.Group):
    """A group of commands that report errors in one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        with errors_in_one_line():
            return super().invoke(ctx)


def report_console() -> Console:
    """Make a console for tables; one that writes to a file is wide enough for all of them."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


def progress_bar() -> Progress:
    """Make the progress bar of long steps; without a terminal only its end is printed."""
    return Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"


# Who changes something, for its history.
author_option = click.option(
    "--author",
    envvar="LOOKALIKE_AUTHOR",
    default=_user,
    metavar="NAME",
    help="Who changes it; by default you.",
)
